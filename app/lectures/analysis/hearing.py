"""Where the recogniser was likely wrong, judged with the slides as a second witness."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median

import numpy as np

from app.lectures.analysis.ranking import Scores
from app.lectures.model import Sentence, SlideExtraction, SpokenWord, TextLine, Transcript
from app.lectures.slide_text import clean_line
from app.lectures.wording import WORD, content_stems, word_set, words

UNSURE = 0.35  # from here on a sentence likely has a wrong word

# Heard in passing and rarely wrong, however unsure.
_SMALL_WORDS = word_set("a an and as at but by for from i in is it of on or so that the this to we with you")
_USUAL_DOUBT = 0.3
_USUAL_DOUBT_OF_NAME = 0.5
_USUAL_DOUBT_OF_FIGURE = 0.1  # a wrong figure is learnt by heart
_GOOD_SOUND = 0.9  # median probability of a word
_STUMBLE = 3  # words
_DOUBTED = 0.5
_SOUNDS_LIKE = 0.5
_SHORTEST_ANCHOR = 4


def doubts(spoken: Sequence[Sentence], written: Collection[str]) -> Scores:
    """How likely words of each sentence are wrong, 0..1; `written`: the stems of all words on slides.

    A word that stands on a slide, or a small one, is believed at the root of its probability. What is usual
    for the recording is no doubt, so that a poor microphone does not condemn every sentence.
    """
    heard = [word.probability for sentence in spoken for word in sentence.words]
    usual = _USUAL_DOUBT + max(0.0, _GOOD_SOUND - median(heard)) if heard else _USUAL_DOUBT
    out = np.zeros(len(spoken))
    for at, sentence in enumerate(spoken):
        much = sum(_beyond(word, written, usual) for word in sentence.words)
        out[at] = min(1.0, much + UNSURE * _stumbles(sentence, 1 - usual))
    return out


def _stumbles(sentence: Sentence, least: float) -> bool:
    """Three words in a row that were all hard to tell: any of them may be wrong, small ones too."""
    low = [word.probability < least for word in sentence.words]
    return any(all(low[at : at + _STUMBLE]) for at in range(len(low) - _STUMBLE + 1))


def doubted_words(spoken: Sequence[Sentence], written: Collection[str]) -> tuple[frozenset[str], ...]:
    """Words of each sentence, in lower case, that are too doubtful to name a term by."""
    return tuple(
        frozenset(
            part
            for word in sentence.words
            if word.probability < _DOUBTED and _doubt(word, written) > _USUAL_DOUBT_OF_NAME
            for part in words(word.text)
        )
        for sentence in spoken
    )


def _beyond(word: SpokenWord, written: Collection[str], usual: float) -> float:
    figure = any(c.isdigit() for c in word.text)
    return max(
        0.0, _doubt(word, written) - (usual - _USUAL_DOUBT + _USUAL_DOUBT_OF_FIGURE if figure else usual)
    )


def _doubt(word: SpokenWord, written: Collection[str]) -> float:
    stems = content_stems(word.text)
    known = set(words(word.text)) <= _SMALL_WORDS or (bool(stems) and all(s in written for s in stems))
    return 1 - (word.probability**0.5 if known else word.probability)


def respelled(
    transcript: Transcript, extraction: SlideExtraction, lines: Mapping[int, Sequence[TextLine]]
) -> Transcript:
    """With words that the recogniser doubted as the slide in view spells them ("eat tide": "neap tide").

    Only beside a word that both have, and only where it sounds like the slide's word. Probabilities stay.
    """
    written = {stem for shown in lines.values() for line in shown for stem in content_stems(line.text)}
    sentences = []
    for sentence in transcript.sentences:
        pairs = list(_pairs_in_view(sentence, extraction, lines))
        spoken = list(sentence.words)
        for at, (word, after) in enumerate(pairwise(spoken)):
            if word.probability < _DOUBTED and (meant := _meant(word, after, pairs, written)):
                spoken[at] = word.model_copy(update={"text": meant})
                if at and spoken[at - 1].text.lower() in {"a", "an"}:
                    article = ("A" if spoken[at - 1].text[0] == "A" else "a") + "n" * (meant[0] in "aeio")
                    spoken[at - 1] = spoken[at - 1].model_copy(update={"text": article})
        sentences.append(sentence.model_copy(update={"words": tuple(spoken)}))
    return transcript.model_copy(update={"sentences": tuple(sentences)})


def _pairs_in_view(
    sentence: Sentence, extraction: SlideExtraction, lines: Mapping[int, Sequence[TextLine]]
) -> Iterator[tuple[str, str]]:
    for slide in extraction.slides:
        seen = any(i.start_s < sentence.end_s and sentence.start_s < i.end_s for i in slide.intervals)
        for line in lines.get(slide.number, ()) if seen else ():
            yield from pairwise(match.group().lower() for match in WORD.finditer(clean_line(line)))


def _meant(
    word: SpokenWord, after: SpokenWord, pairs: Sequence[tuple[str, str]], written: Collection[str]
) -> str | None:
    text, anchor = word.text.lower(), re.sub(r"\W+$", "", after.text.lower())
    if not text.isalpha() or len(anchor) < _SHORTEST_ANCHOR or set(content_stems(text)) & set(written):
        return None
    like = [
        (SequenceMatcher(None, text, first).ratio(), first)
        for first, second in pairs
        if second == anchor and first.isalpha() and abs(len(first) - len(text)) <= 2
    ]
    best = max(like, default=(0.0, ""))
    return best[1] if best[0] >= _SOUNDS_LIKE else None
