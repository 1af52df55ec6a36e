"""Which page of the deck each slide of a recording shows.

Words and looks pick a few candidates for each slide, looks judge them, and the order of the deck decides
where pages look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.lectures.alignment import decode
from app.lectures.decks import looks
from app.lectures.model import Deck, DeckMatch, SlideExtraction, SlideMatch, SlideText
from app.lectures.slide_text import content_lines, content_text
from app.lectures.wording import tfidf

Array = NDArray[np.float64]

_CANDIDATES = 12  # pages looked at closely for each slide
_WORDS = 0.25  # weight of the likeness of words beside that of looks
_LEAST = 0.45  # likeness below which a slide is not in the deck
_WORDS_ALONE = 0.5  # … where the deck has no pictures
_NEAR = 0.12  # two pages as like as this are compared where they differ
_TOLD = 2.0  # weight of what they show there; a digit that differs changes its surroundings by 0.04
_SHARPNESS = 30.0  # nats a unit of likeness: the order of the deck decides between twins only
_JUMP, _JUMP_BACK = 0.2, 0.4  # nats
_CACHED = 64  # looks of pages held in memory, 0.4 MB each


def _ignore(share: float) -> None:
    """The progress callback of a caller who does not want to know."""


def match_slides(
    extraction: SlideExtraction,
    slides_dir: Path,
    texts: Sequence[SlideText],
    deck: Deck,
    deck_dir: Path,
    *,
    progress: Callable[[float], None] = _ignore,
) -> DeckMatch:
    """One SlideMatch a slide of the extraction, in order, and the pages that none of them shows.

    `slides_dir` and `deck_dir` hold the images that the slides and the pages name; `texts` is what OCR read
    on the slides, and may lack some or all of them. A slide that showed a build is matched to its full page,
    with the pages of its earlier steps as `builds`.
    """
    if not extraction.slides:
        progress(1.0)
        return DeckMatch(slides=(), not_shown=tuple(page.number for page in deck.pages))
    words = _word_likeness(extraction, texts, deck)
    gallery = _Gallery(deck, deck_dir, lambda share: progress(0.4 * share))
    likeness = np.full(words.shape, -np.inf)
    for row, slide in enumerate(extraction.slides):
        look = looks.read_look(slides_dir / slide.image)
        likeness[row] = gallery.likeness(look, words[row])
        progress(0.4 + 0.55 * (row + 1) / len(extraction.slides))
    path, sure = _in_order(likeness, extraction)
    builds = gallery.builds({page for page in path if page < len(deck.pages)})
    found = []
    for row, (slide, at) in enumerate(zip(extraction.slides, path, strict=True)):
        matched = at < len(deck.pages)
        found.append(
            SlideMatch(
                slide=slide.number,
                page=deck.pages[at].number if matched else None,
                confidence=round(sure[row], 4),
                builds=tuple(deck.pages[i].number for i in builds.get(at, ())) if matched else (),
            )
        )
    seen = {page for match in found for page in (match.page, *match.builds)}
    progress(1.0)
    return DeckMatch(
        slides=tuple(found), not_shown=tuple(p.number for p in deck.pages if p.number not in seen)
    )


def _word_likeness(extraction: SlideExtraction, texts: Sequence[SlideText], deck: Deck) -> Array:
    """(slides, pages) cosine of their words."""
    on_pages, on_slides = content_lines([page.text for page in deck.pages]), content_lines(texts)
    pages = [content_text(on_pages[page.number]) for page in deck.pages]
    slides = [content_text(on_slides.get(slide.number, ())) for slide in extraction.slides]
    rows = tfidf([*pages, *slides])
    return (rows[len(pages) :] @ rows[: len(pages)].T).astype(np.float64)


def _in_order(likeness: Array, extraction: SlideExtraction) -> tuple[list[int], list[float]]:
    """Index of each slide's page, in the order of the extraction; the number of pages stands for none."""
    slides, pages = likeness.shape
    shown = [min((i.start_s for i in s.intervals), default=s.frame_s) for s in extraction.slides]
    order = np.argsort(shown, kind="stable")
    evidence = np.column_stack([_SHARPNESS * likeness, np.full(slides, _SHARPNESS * _LEAST)])
    evidence = np.maximum(evidence, _SHARPNESS * -1.0)
    step = np.arange(pages)[None, :] - np.arange(pages)[:, None]
    costs = np.full((pages + 1, pages + 1), _JUMP)
    costs[:pages, :pages] = np.where(step < 0, _JUMP_BACK, np.where(step == 1, 0.0, _JUMP))
    path, sure = decode(evidence[order], costs)
    at, how = [0] * slides, [0.0] * slides
    for place, page, confidence in zip(order, path, sure, strict=True):
        at[place], how[place] = page, confidence
    return at, how


class _Gallery:
    """The pictures of a deck's pages; closely looked at only where asked for."""

    def __init__(self, deck: Deck, folder: Path, progress: Callable[[float], None]) -> None:
        self._files = [folder / page.image if page.image else None for page in deck.pages]
        self.look = lru_cache(_CACHED)(self._look)
        self._thumbs: list[looks.Edges | None] = []
        self._sizes: list[tuple[int, int]] = []
        for at in range(len(self._files)):
            look = self._look(at)
            self._thumbs.append(looks.thumb(look) if look else None)
            self._sizes.append(look.size if look else (0, 0))
            progress((at + 1) / len(self._files))

    def _look(self, at: int) -> looks.Look | None:
        file = self._files[at]
        return looks.read_look(file) if file else None

    def likeness(self, slide: looks.Look | None, words: Array) -> Array:
        """(pages,) about 0..1; -inf for pages that are no candidates."""
        if slide is None or all(thumb is None for thumb in self._thumbs):
            return np.where(words >= _WORDS_ALONE, words, -np.inf)
        glance = self._glance(slide)
        found = np.full(len(words), -np.inf)
        half = _CANDIDATES // 2
        by_words = [int(at) for at in np.argsort(-words, kind="stable")[:half] if words[at] > 0]
        chosen = dict.fromkeys([*by_words, *map(int, np.argsort(-glance, kind="stable")[:_CANDIDATES])])
        for at in list(chosen)[:_CANDIDATES]:
            page = self.look(at)
            if page is not None:
                seen = looks.likeness(slide, page)
                found[at] = max(seen, (1 - _WORDS) * seen + _WORDS * words[at])
        return self._told_apart(slide, found)

    def _glance(self, slide: looks.Look) -> Array:
        whole = looks.thumb(slide)
        fitted = {size: looks.fitted_thumb(slide, size) for size in set(self._sizes) if size[0]}
        return np.array(
            [
                -1.0 if thumb is None else max(float(whole @ thumb), float(fitted[size] @ thumb))
                for thumb, size in zip(self._thumbs, self._sizes, strict=True)
            ]
        )

    def _told_apart(self, slide: looks.Look, found: Array) -> Array:
        """Near-twins and steps of a build differ by little: the best page is held against each of them."""
        best = int(found.argmax())
        for other in np.flatnonzero(found > found[best] - _NEAR):
            one, two = self.look(best), self.look(int(other))
            if other != best and one and two and looks.closer(slide, one, two) < 0:
                best = int(other)
        told = found.copy()
        rivals = np.flatnonzero(found > found[best] - _NEAR)
        for other in rivals:
            one, two = self.look(best), self.look(int(other))
            if other != best and one and two:
                # Never above the best; pages that look the same stay equal, for the order to decide.
                told[other] = min(found[other], found[best]) - _TOLD * max(0.0, looks.closer(slide, one, two))
        told[best] = found[rivals].max()
        return told

    def builds(self, shown: set[int]) -> dict[int, list[int]]:
        """For each shown page the pages right before it that are earlier steps of its build, ascending."""
        found: dict[int, list[int]] = {}
        for at in shown:
            steps: list[int] = []
            whole = self.look(at)
            step = at - 1
            while whole and step >= 0 and step not in shown:
                part = self.look(step)
                if part is None or not looks.contains(whole, part):
                    break
                steps.insert(0, step)
                whole, step = part, step - 1
            found[at] = steps
        return found
