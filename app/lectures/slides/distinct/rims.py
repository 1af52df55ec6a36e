"""What a screen shows before and after the show: the window that the slides are edited in, "click to exit".

Who records a screen begins before the slides fill it and ends after. Such a window shows a slide in small;
nothing is lost without it, for that slide is shown in full next to it. So only the first and the last seconds
are judged, and from either end only as far as there are such windows without a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.states.state import State

# Seconds at either end; slides next to them, and at the other end, that may be shown in small: an editor has
# the one that was shown last, or the first one still.
_RIM_S, _NEAREST, _FARTHEST = 10.0, 3, 2
# Width of a slide in small as a share of the picture's: smaller ones are quoted by slides, too.
_SMALLEST, _LARGEST, _STEP, _FINE_STEP = 0.36, 0.86, 0.02, 0.004
# Correlation of gradients from which on it is that slide; others of the same design reach 0.8. One with fewer
# lines of anything than this looks like every title.
_LIKE, _FEWEST_LINES = 0.86, 3
# Times its height that a slide is wide at most: a strip wider than two screens is made like any other of the
# design by its long lines alone.
_WIDEST = 5
# Share of the slide's gradients, squared, that has to be there: in a plain place anything correlates.
_THERE = 0.4
_STEEPEST = 200.0
# Share of a slide's side left out: bars around it, and what programs draw over its rim.
_BAR, _DARK, _INNER = 0.85, 24, 0.05
# Share of a slide in small by which it is known, too.
_UPPER = 0.6
# An end screen: luma that is no black, share of the picture, and of its height, that has it.
_BRIGHT, _LITTLE, _LINE = 48, 0.01, 0.06
_NEAR = np.ones((9, 9), np.uint8)

Field = NDArray[np.float32]


class _Stretch(NamedTuple):
    start_s: float
    end_s: float
    slide: KnownSlide | None


def leave_out_rims(book: SlideBook, end_s: float) -> None:
    """Turn what is no slide in the first and last seconds of a recording of `end_s` into other stretches."""
    stretches = sorted(
        [
            *(_Stretch(one.start_s, one.end_s, slide) for slide in book.slides for one in slide.intervals),
            *(_Stretch(state.start_s, state.end_s, None) for state in book.other),
        ],
        key=lambda stretch: stretch.start_s,
    )
    found: dict[int, tuple[KnownSlide, str]] = {}
    for at_end in (False, True):
        for slide, kind in _outside(stretches[::-1] if at_end else stretches, at_end, end_s, found, book):
            found[id(slide)] = slide, kind
    for slide, kind in found.values():
        if all(one.end_s <= _RIM_S or one.start_s >= end_s - _RIM_S for one in slide.intervals):
            book.slides.remove(slide)
            book.other += [State(kind, one.start_s, one.end_s) for one in slide.intervals]
    book.other.sort(key=lambda state: state.start_s)


def _outside(
    stretches: Sequence[_Stretch],
    at_end: bool,
    end_s: float,
    known: dict[int, tuple[KnownSlide, str]],
    book: SlideBook,
) -> list[tuple[KnownSlide, str]]:
    """The slides that are none, with what they are, from the first of the stretches on."""
    found: list[tuple[KnownSlide, str]] = []
    for i, stretch in enumerate(stretches):
        far_s = end_s - stretch.start_s if at_end else stretch.end_s
        if far_s > _RIM_S:
            break
        if stretch.slide is None:
            continue
        inner: list[KnownSlide] = []
        for other in stretches[i + 1 :]:
            if other.slide not in (None, stretch.slide, *inner) and id(other.slide) not in known:
                assert other.slide is not None
                inner.append(other.slide)
        chosen = [*inner[:_NEAREST], *inner[_NEAREST:][-_FARTHEST:]]
        looks = [slide.looks[-1].unpacked() for slide in chosen]
        look = stretch.slide.looks[-1].unpacked()
        windows = [slide for slide, kind in (*known.values(), *found) if kind == "none"]
        if any(_looks_like(stretch.slide, window) for window in windows) or any(
            shows_in_small(look.gray, other.gray) for other in looks
        ):
            found.append((stretch.slide, "none"))
        elif at_end and is_end_screen(look, looks, book.furniture()):
            found.append((stretch.slide, "black"))
        else:
            break
    return found


def _looks_like(slide: KnownSlide, window: KnownSlide) -> bool:
    """Whether it is the same window with another slide in it."""
    one, other = slide.outlines, window.outlines
    return slide is window or not (one.have_little_of(other, None) or other.have_little_of(one, None))


def is_end_screen(look: Look, slides: Sequence[Look], furniture: Mask | None) -> bool:
    """Whether all is black but for a line of text, after slides that are not black."""
    if not slides or 2 * sum(slide.background > _BRIGHT for slide in slides) < len(slides):
        return False
    bright = look.gray > _BRIGHT
    if furniture is not None:
        bright &= cv2.dilate(furniture.view(np.uint8), _NEAR) == 0
    _, _, _, height = cv2.boundingRect(bright.view(np.uint8))
    return float(bright.mean()) <= _LITTLE and height <= _LINE * bright.shape[0]


def shows_in_small(picture: Gray, slide: Gray, largest: float = _LARGEST) -> bool:
    """Whether a slide, given as it fills the picture, is seen in another picture at a part of its size."""
    whole = _without_bars(slide)
    rows, columns = (round(_INNER * side) for side in whole.shape)
    inner = np.ascontiguousarray(whole[rows : whole.shape[0] - rows, columns : whole.shape[1] - columns])
    if inner.shape[1] > _WIDEST * inner.shape[0] or _lines(inner) < _FEWEST_LINES:
        return False
    full = picture.shape[1] / whole.shape[1]
    half = _gradient(_resized(picture, (picture.shape[1] // 2, picture.shape[0] // 2)))
    found = [
        (*_best(half, inner, 0.5 * full * share), share) for share in np.arange(_SMALLEST, largest, _STEP)
    ]
    like, x, y, share = max(found)
    if like <= 0:
        return False
    left, top = max(0, 2 * x - 8), max(0, 2 * y - 8)
    fine = np.arange(share - _STEP, share + _STEP, _FINE_STEP)
    # Not much larger than the slide in small: there it is looked for again.
    size = [round(full * (share + _STEP) * side) + 16 for side in inner.shape]
    part = _gradient(picture)[top : top + size[0], left : left + size[1]]
    return max(_best(part, inner, full * one)[0] for one in fine) >= _LIKE


def shows_most_in_small(picture: Gray, slide: Gray, largest: float = _LARGEST) -> bool:
    """The same, though the slide's foot may be hidden: by previews of other windows, by a bar of the show."""
    upper = slide[: round(_UPPER * len(slide))]
    return shows_in_small(picture, slide, largest) or shows_in_small(picture, upper, largest)


def _best(field: Field, slide: Gray, scale: float) -> tuple[float, int, int]:
    """How like a slide at a scale the likest place of a field of gradients is, and its left and top."""
    size = round(scale * slide.shape[1]), round(scale * slide.shape[0])
    if size[0] > field.shape[1] or size[1] > field.shape[0] or min(size) < 8:
        return 0.0, 0, 0
    small = _gradient(_resized(slide, size))
    like = cv2.matchTemplate(field, small, cv2.TM_CCOEFF_NORMED)
    sums = cv2.integral(field * field)
    there = (
        sums[size[1] :, size[0] :]
        - sums[: -size[1], size[0] :]
        - sums[size[1] :, : -size[0]]
        + sums[: -size[1], : -size[0]]
    )
    like[there < _THERE * float((small * small).sum())] = 0
    _, most, _, (x, y) = cv2.minMaxLoc(like)
    return most, x, y


def _lines(gray: Gray) -> int:
    """Lines of text, or other things below one another."""
    steep: Mask = _gradient(gray) > _STEEPEST / 4
    seen: Mask = np.any(steep, axis=1)
    return int(np.count_nonzero(seen[1:] & ~seen[:-1])) + int(seen[0])


def _resized(gray: Gray, size: tuple[int, int]) -> Gray:
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _gradient(gray: Gray) -> Field:
    smooth = cv2.GaussianBlur(gray, (0, 0), 0.7).astype(np.float32)
    steep = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.minimum(steep, np.float32(_STEEPEST))


def _without_bars(gray: Gray) -> Gray:
    dark = gray < _DARK
    columns, rows = (np.flatnonzero(dark.mean(axis) < _BAR) for axis in (0, 1))
    if len(columns) < gray.shape[1] / 2 or len(rows) < gray.shape[0] / 2:
        return gray  # a dark slide
    return gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
