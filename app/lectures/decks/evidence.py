"""How well the words of each sentence fit each page of the deck, in nats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.lectures.embedding import Embed
from app.lectures.model import Deck, DeckPage, Transcript
from app.lectures.slide_text import content_lines, content_text
from app.lectures.wording import content_stems

Array = NDArray[np.float64]

# Chosen once, on eight lectures of MaViLS; halving or doubling any of them changes the mean by about 0.01.
_FROM_PAGE = 0.25  # share of a lecturer's words that are the page's, the rest is anything
_TITLE = 2.0  # a word of the title counts so often
_SEEN_BEFORE = 0.2  # … and one that the page before had, too: of a build, the new point is spoken of
_REPEATED = 0.7  # a word said again soon is less evidence: words come in bursts (Church & Gale, 1995) …
_REPEATED_S = 120.0  # … this fading by e in so many seconds
_MOST_COUNTED = 2  # of one word on one page
_MEANING = 6.0  # nats a unit of cosine between the embeddings, over what sentence and page have with all


def speech_evidence(transcript: Transcript, deck: Deck, embed: Embed | None) -> Array:
    """(sentences, pages) log likelihood of each sentence on each page, but for a constant per sentence.

    A page's words are a mixture of its own, weighted by how few pages have them, and of the words of the
    lecture (a unigram language model with Jelinek-Mercer smoothing; Ponte & Croft, 1998); words that are
    nowhere in the deck say nothing. Embeddings add what synonyms say.
    """
    pages = _texts(deck)
    evidence = _word_evidence(transcript, pages, [page.title for page in deck.pages])
    if embed is not None:
        spoken = embed([sentence.text for sentence in transcript.sentences])
        shown = embed([page or " " for page in pages])
        likeness = (spoken @ shown.T).astype(np.float64)
        # A page about everything is like all sentences, and says nothing by it.
        likeness -= likeness.mean(axis=0, keepdims=True)
        likeness -= likeness.mean(axis=1, keepdims=True)
        likeness[:, [not page for page in pages]] = 0.0
        evidence += _MEANING * likeness
    return evidence


def _texts(deck: Deck) -> list[str]:
    lines = content_lines([page.text for page in deck.pages])
    return [_with_notes(page, content_text(lines[page.number])) for page in deck.pages]


def _with_notes(page: DeckPage, text: str) -> str:
    return f"{text}\n{page.notes}" if page.notes else text


def _word_evidence(transcript: Transcript, pages: Sequence[str], titles: Sequence[str]) -> Array:
    counts = [Counter(content_stems(page)) for page in pages]
    on_pages = Counter(stem for count in counts for stem in count)
    column = {stem: at for at, stem in enumerate(sorted(on_pages))}
    shares = _shares(counts, titles, on_pages, column)
    spoken = [content_stems(sentence.text) for sentence in transcript.sentences]
    said = Counter(stem for stems in spoken for stem in stems)
    usual = np.array([said[stem] for stem in column], dtype=np.float64) / max(1, sum(said.values()))
    usual = 0.5 * usual + 0.5 * shares.mean(axis=0)
    fit = np.log1p(_FROM_PAGE * (shares / np.maximum(usual, 1e-12) - 1.0))  # (pages, stems)

    evidence = np.zeros((len(spoken), len(pages)))
    last: dict[str, float] = {}
    for row, (sentence, stems) in enumerate(zip(transcript.sentences, spoken, strict=True)):
        for stem in stems:
            if stem in column:
                since_s = sentence.start_s - last.get(stem, -np.inf)
                evidence[row] += (1 - _REPEATED * np.exp(-since_s / _REPEATED_S)) * fit[:, column[stem]]
                last[stem] = sentence.start_s
    return evidence


def _shares(
    counts: Sequence[Counter[str]], titles: Sequence[str], on_pages: Counter[str], column: dict[str, int]
) -> Array:
    """(pages, stems) how much of each page's weight a stem has; rows sum to 1, or 0 for an empty page."""
    shares = np.zeros((len(counts), len(column)))
    before: Counter[str] = Counter()
    for row, (count, title) in enumerate(zip(counts, titles, strict=True)):
        of_title = set(content_stems(title))
        for stem, times in count.items():
            weight = min(times, _MOST_COUNTED) * np.log1p(len(counts) / on_pages[stem])
            weight *= _TITLE if stem in of_title else 1.0
            shares[row, column[stem]] = weight * (_SEEN_BEFORE if before[stem] >= times else 1.0)
        before = count
    total = shares.sum(axis=1, keepdims=True)
    normalised: Array = shares / np.where(total > 0, total, 1.0)
    return normalised
