"""A page that scrolls under a program's bars: somebody shows a browser, code, a document. That is no slide.

Slides fill the picture, or a place of their own that is cut out; none is pulled up under a bar that stays.
Where that happens, all that has the same bars above it is what the program showed. Who scrolls through his
slides has those bars above all of them: then nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.distinct.rims import shows_most_in_small
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import State

# Bars: rows that stay, as shares of the height, and edges in them.
_LOWEST_BARS, _HIGHEST_BARS, _FEWEST_EDGES = 0.03, 0.4, 300
# Pixels of a row that may differ all the same.
_SPECKS = 2
# Rows by which a page is pulled at least; share of its edges in view before and after, and of these the share
# found there; share not found, of those that would not be if nothing had been pulled (among lines of small
# letters an edge is near nearly everywhere).
_LEAST, _STILL_SEEN, _FOUND, _MISSED = 4, 0.3, 0.8, 0.35
# Share of the bars' edges by which they are known; the same where something popped up before them. (Of other
# bars a tenth may be the same.)
_SAME_BARS, _HALF_HIDDEN = 0.6, 0.2
# Slides that a recording has besides, at least, and shows for longer.
_FEWEST_SLIDES = 3
# Correlation of a page with itself, pulled by part of a pixel more. Of other letters, though most of their
# edges may be next to each other, it is far less.
_LIKE = 0.6
_NEXT_TO = np.ones((3, 3), np.uint8)
# Taller than letters: rules, and the sides of a page that does not fill the screen.
_UPRIGHT = np.ones((24, 1), np.uint8)

Rows = NDArray[np.uint8]  # a bit a pixel, row by row


class _Stretch(NamedTuple):
    start_s: float
    end_s: float
    slide: KnownSlide


@dataclass(frozen=True, eq=False)
class _Bars:
    """The first rows of a look."""

    look: Look
    rows: int

    def share_in(self, other: Look, noise: Noise) -> float:
        """Of what is in the bars, how much another look shows."""
        gray, edges = self.look.gray[: self.rows], self.look.edges[: self.rows]
        same = edges & other.edges[: self.rows] & ~differs(gray, other.gray[: self.rows], noise)
        return int(np.count_nonzero(same)) / max(1, int(np.count_nonzero(edges)))


def leave_out_scrolled(book: SlideBook, noise: Noise) -> None:
    """Turn what was shown in a program's window into other stretches, with what covers it or leads to it."""
    stretches = sorted(
        (_Stretch(one.start_s, one.end_s, slide) for slide in book.slides for one in slide.intervals),
        key=lambda stretch: stretch.start_s,
    )
    for bars in list(_bars_above_scrolled(stretches, noise)):
        shares = {id(slide): bars.share_in(slide.looks[-1].unpacked(), noise) for slide in book.slides}
        shown = {key for key, share in shares.items() if share >= _SAME_BARS}
        rest = [slide for slide in book.slides if id(slide) not in shown]
        inside_s, outside_s = (
            sum(one.end_s - one.start_s for one in stretches if (id(one.slide) in shown) is inside)
            for inside in (True, False)
        )
        if not shown or len(rest) < _FEWEST_SLIDES or inside_s >= outside_s:
            continue
        kinds = dict.fromkeys(shown, "video")
        for slide in rest:
            if _is_beside(slide, shown, stretches):
                if any(_shows(slide, other) for other in rest if other is not slide):
                    kinds[id(slide)] = "none"
                elif shares[id(slide)] >= _HALF_HIDDEN:
                    kinds[id(slide)] = "video"
        for slide in [slide for slide in book.slides if id(slide) in kinds]:
            book.slides.remove(slide)
            book.other += [State(kinds[id(slide)], one.start_s, one.end_s) for one in slide.intervals]
    book.other.sort(key=lambda state: state.start_s)


def _shows(slide: KnownSlide, other: KnownSlide) -> bool:
    gray, whole = (one.looks[-1].unpacked().gray for one in (slide, other))
    return shows_most_in_small(gray, whole)


def _is_beside(slide: KnownSlide, shown: set[int], stretches: Sequence[_Stretch]) -> bool:
    """Whether a slide was seen once, right before or after one that was `shown`."""
    if len(slide.intervals) != 1:
        return False
    (own,) = slide.intervals
    return any(
        id(other.slide) in shown and (other.end_s == own.start_s or other.start_s == own.end_s)
        for other in stretches
    )


def _bars_above_scrolled(stretches: Sequence[_Stretch], noise: Noise) -> Iterator[_Bars]:
    before: _Stretch | None = None
    look: Look | None = None
    for stretch in stretches:
        now = stretch.slide.looks[-1].unpacked()
        if before is not None and look is not None and before.end_s == stretch.start_s:
            bars = bars_above_scrolled(look, now, noise)
            if bars:
                yield _Bars(look, bars)
        before, look = stretch, now


def bars_above_scrolled(a: Look, b: Look, noise: Noise) -> int:
    """How many rows stayed above a page that was scrolled between two looks; 0: none was."""
    changed = differs(a.gray, b.gray, noise) & ~a.moving & ~b.moving
    rows = np.flatnonzero(np.count_nonzero(changed, axis=1) > _SPECKS)
    if not len(rows) or not _LOWEST_BARS <= rows[0] / len(changed) <= _HIGHEST_BARS:
        return 0
    bars = int(rows[0])
    if int(np.count_nonzero(a.edges[:bars])) < _FEWEST_EDGES:
        return 0
    first, second = _Page.of(a, bars), _Page.of(b, bars)
    found = max(_FOUND, 1 - _MISSED * (1 - first.found_in(second, 0)))
    rows_below = len(changed) - bars
    pulled = (by for n in range(_LEAST, rows_below) for by in (n, -n))
    return (
        bars if any(first.found_in(second, by) >= found and first.is_like(second, by) for by in pulled) else 0
    )


@dataclass(frozen=True, eq=False)
class _Page:
    """What is below the bars, but for upright lines: those are found again however far they are pulled."""

    gray: Gray
    edges: Rows
    near: Rows
    count: NDArray[np.int64]  # of edges, above each row

    @classmethod
    def of(cls, look: Look, bars: int) -> _Page:
        edges = look.edges[bars:]
        edges = edges & ~cv2.morphologyEx(edges.view(np.uint8), cv2.MORPH_OPEN, _UPRIGHT).view(bool)
        near = np.asarray(cv2.dilate(edges.view(np.uint8), _NEXT_TO), np.uint8)
        count = np.concatenate(([0], np.cumsum(np.count_nonzero(edges, axis=1))))
        return cls(look.gray[bars:], np.packbits(edges, axis=1), np.packbits(near, axis=1), count)

    def found_in(self, other: _Page, by: int) -> float:
        """Of both pages' edges that are in view before and after one is pulled up `by` rows, the share found.

        0 where few are in view.
        """
        own, its = self._in_view(by)
        counts = [
            int(page.count[part.stop] - page.count[part.start]) for page, part in ((self, own), (other, its))
        ]
        if min(counts) < max(_FEWEST_EDGES, _STILL_SEEN * max(int(self.count[-1]), int(other.count[-1]))):
            return 0.0
        found = np.bitwise_count(self.edges[own] & other.near[its]).sum(dtype=np.int64) + np.bitwise_count(
            other.edges[its] & self.near[own]
        ).sum(dtype=np.int64)
        return float(found) / sum(counts)

    def is_like(self, other: _Page, by: int) -> bool:
        """Whether what is in view before and after is of the same luma near its edges."""
        own, its = self._in_view(by)
        near = np.unpackbits(self.near[own] | other.near[its], axis=1, count=self.gray.shape[1]).view(bool)
        return float(np.corrcoef(self.gray[own][near], other.gray[its][near])[0, 1]) >= _LIKE

    def _in_view(self, by: int) -> tuple[slice, slice]:
        """Rows of this page and of another that are the same if this one is pulled up `by`."""
        rows = len(self.edges)
        own = slice(max(0, by), min(rows, rows + by))
        return own, slice(own.start - by, own.stop - by)
