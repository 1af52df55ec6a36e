"""Which slide each spoken sentence is about.

A hidden Markov model over slides: what was on screen during the sentence and how like its words are to a
slide's words are the evidence, changing slides costs something. Viterbi (1967) gives the path, the
forward-backward recursion (Rabiner, 1989) how sure each step of it is. A deck without a recording of the
screen uses the same recursion, with an order of slides in place of the screen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.lectures.embedding import Embed
from app.lectures.model import AlignedSentence, Interval, Sentence, SlideExtraction, SlideText, Transcript
from app.lectures.slide_text import content_lines, content_text
from app.lectures.wording import vectors

Array = NDArray[np.float64]

_LEAK_SHARE = 0.5  # belief in a slide that is about to come or has just gone, at distance zero ...
_LEAK_S = 4.0  # ... falling by e with each so many seconds
_FLOOR = 1e-4  # belief in a slide that is far away: text alone cannot outweigh the screen
_LIKENESS_WEIGHT = 9.0  # nats a unit of similarity; differences between slides are mostly below 0.5
_CHANGE_COST = 0.7
_DECK_STAY, _DECK_NEXT, _DECK_SKIP, _DECK_BACK = 0.1, 2.0, 1.5, 5.0
_DECK_LIKENESS_WEIGHT = 14.0  # with nothing on screen, words carry the decision alone


def align(
    transcript: Transcript | None,
    extraction: SlideExtraction,
    texts: Sequence[SlideText],
    *,
    embed: Embed | None,
) -> tuple[AlignedSentence, ...]:
    """One AlignedSentence a sentence, in order; `slide` is None where no slide was in view nor meant.

    Slides without any interval (a deck whose showing was not recorded) are aligned by words and order.
    """
    if transcript is None or not transcript.sentences:
        return ()
    sentences = transcript.sentences
    if not extraction.slides:
        return tuple(_aligned(i, s, None, 1.0) for i, s in enumerate(sentences))
    likeness = _likeness(sentences, extraction, texts, embed)
    if any(slide.intervals for slide in extraction.slides):
        evidence = _screen_evidence(sentences, [slide.intervals for slide in extraction.slides])
        evidence[:, :-1] += _LIKENESS_WEIGHT * likeness
        states = evidence.shape[1]
        costs = np.full((states, states), _CHANGE_COST) - _CHANGE_COST * np.eye(states)
    else:
        evidence = _DECK_LIKENESS_WEIGHT * likeness
        costs = deck_costs(evidence.shape[1])
        evidence[0] -= _DECK_SKIP * np.arange(evidence.shape[1])  # decks start at the front
    path, sure = decode(evidence, costs)
    numbers: list[int | None] = [slide.number for slide in extraction.slides] + [None]
    return tuple(_aligned(i, sentence, numbers[path[i]], sure[i]) for i, sentence in enumerate(sentences))


def deck_costs(slides: int) -> Array:
    """(slides, slides) costs in nats of going from row to column: on, one further, skipping, back."""
    step = np.arange(slides)[None, :] - np.arange(slides)[:, None]
    costs = np.where(step > 0, _DECK_NEXT + _DECK_SKIP * (step - 1), _DECK_BACK)
    return np.where(step == 0, _DECK_STAY, costs).astype(np.float64)


def decode(evidence: Array, costs: Array) -> tuple[list[int], list[float]]:
    """Best state at each step, and its posterior probability.

    evidence: (steps, states) log likelihoods; costs: (states, states) negative log transition weights.
    """
    steps, states = evidence.shape
    best, back = evidence[0], np.zeros((steps, states), dtype=np.intp)
    for t in range(1, steps):
        reach = best[:, None] - costs
        back[t] = reach.argmax(axis=0)
        best = reach.max(axis=0) + evidence[t]
    path = [int(best.argmax())]
    for t in range(steps - 1, 0, -1):
        path.append(int(back[t, path[-1]]))
    path.reverse()

    weight, move = np.exp(evidence - evidence.max(axis=1, keepdims=True)), np.exp(-costs)
    forward, backward = np.empty_like(weight), np.ones_like(weight)
    forward[0] = weight[0] / weight[0].sum()
    for t in range(1, steps):
        ahead = (forward[t - 1] @ move) * weight[t]
        forward[t] = ahead / ahead.sum()
    for t in range(steps - 2, -1, -1):
        behind = move @ (weight[t + 1] * backward[t + 1])
        backward[t] = behind / behind.sum()
    posterior = forward * backward
    posterior /= posterior.sum(axis=1, keepdims=True)
    return path, [float(posterior[t, state]) for t, state in enumerate(path)]


def _screen_evidence(sentences: Sequence[Sentence], shown: Sequence[Sequence[Interval]]) -> Array:
    """(sentences, slides + 1) log belief from the screen alone; the last column is "no slide"."""
    start = np.array([s.start_s for s in sentences])
    end = np.maximum(np.array([s.end_s for s in sentences]), start + 0.01)
    belief = np.full((len(sentences), len(shown) + 1), _FLOOR)
    covered = np.zeros(len(sentences))
    for column, intervals in enumerate(shown):
        overlap, distance = np.zeros(len(sentences)), np.full(len(sentences), np.inf)
        for interval in intervals:
            overlap += np.clip(np.minimum(end, interval.end_s) - np.maximum(start, interval.start_s), 0, None)
            away = np.maximum(interval.start_s - end, start - interval.end_s)
            distance = np.minimum(distance, np.clip(away, 0, None))
        share = np.minimum(overlap / (end - start), 1.0)
        covered += share
        belief[:, column] += share + (1 - share) * _LEAK_SHARE * np.exp(-distance / _LEAK_S)
    belief[:, -1] += np.clip(1 - covered, 0, 1)
    evidence: Array = np.log(belief)
    return evidence


def _likeness(
    sentences: Sequence[Sentence],
    extraction: SlideExtraction,
    texts: Sequence[SlideText],
    embed: Embed | None,
) -> Array:
    """(sentences, slides) similarity of words and meaning; 0 for a slide without legible text."""
    content = content_lines(texts)
    slides = [content_text(content.get(slide.number, ())) for slide in extraction.slides]
    rows = vectors([*slides, *(sentence.text for sentence in sentences)], embed)
    likeness = (rows[len(slides) :] @ rows[: len(slides)].T).astype(np.float64)
    likeness[:, [not text for text in slides]] = 0.0
    return likeness


def _aligned(index: int, sentence: Sentence, slide: int | None, confidence: float) -> AlignedSentence:
    return AlignedSentence(
        index=index,
        text=sentence.text,
        start_s=sentence.start_s,
        end_s=sentence.end_s,
        slide=slide,
        confidence=round(min(1.0, max(0.0, confidence)), 4),
    )
