"""A slide that takes part of the screen: in a viewer's window, or beside the picture of whoever speaks.

Found by two things that have to agree: a rectangle of lasting lines, and all that changes from slide to slide
being inside it while what surrounds it stays, but for pictures that move all the time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.middle import median
from app.lectures.slides.place.crop import Box
from app.lectures.slides.place.outline import steepness

# Luma per pixel of a border; share of the moments at which, and of a side along which it is seen.
_STEEP, _LASTING, _ALONG = 2.5, 0.5, 0.92
# Borders considered of each direction; pixels between two; share of its length that tells how thick one is.
_LINES, _APART, _THICK = 12, 3, 0.8
# Shares of the picture that a slide in a window takes.
_SMALLEST, _LARGEST = 0.25, 0.85
# Shares by which proportions may be missed, at most and by a pixel of a thumb.
_ROUGHLY, _FITS = 0.03, 0.008
# Luma by which a place changes; shares of the slide that another slide changes, and of its surroundings that
# a pointer or a clock may change; of the moments when other things surround it, and of the surroundings then.
_CHANGED, _ANOTHER, _A_LITTLE = 22, 0.01, 0.015
_ELSEWHERE, _ALL_OTHER = 0.2, 0.1
_FEWEST_SLIDES, _FEWEST_MOMENTS = 4, 6
# Share of the slide's height and width that changes reach over.
_REACH = 0.5
# Luma from the slide to what is beside it, pixels off the border: a line drawn on a slide has none.
_STEP, _STEP_ALONG, _OFF = 6, 0.7, 4
# Luma per pixel of what a window has around the slide (titles, tools), and the share of the surroundings.
_DETAIL, _DETAILED = 8.0, 0.005
_RIM = 6

Stack = NDArray[np.uint8]


def find_window(
    pictures: Sequence[Gray], misfit: Callable[[Box], float], moving: Callable[[], Mask]
) -> Box | None:
    """The slide's rectangle, from moments (of one shape) all over the recording; None: none, or unsure.

    `misfit` is the share by which a rectangle misses a slide's proportions, `moving` what moves while a slide
    stays (a speaker): that is asked for only when it matters.
    """
    if len(pictures) < _FEWEST_MOMENTS:
        return None
    stack = np.stack(pictures)
    moves: Mask | None = None
    # The smallest, but a slide's own lines may form one with the window's, which would fit less well.
    boxes = [box for box in _boxes(pictures) if misfit(box) <= _ROUGHLY]
    for box in sorted(boxes, key=lambda box: (misfit(box) > _FITS, _area(box))):
        around = ~box.inside(stack.shape[1:], _RIM)
        if _holds_slides(stack, box, around) and not _touches(box, stack) and _is_window(stack, box, around):
            return box
        if moves is None:
            moves = moving()
        if (moves & around).any() and _holds_slides(stack, box, around & ~moves) and _is_apart(stack, box):
            return box
    return None


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def _touches(box: Box, stack: Stack) -> bool:
    rows, columns = stack.shape[1:]
    return box.left == 0 or box.top == 0 or box.right == columns or box.bottom == rows


def _boxes(pictures: Sequence[Gray]) -> Iterator[Box]:
    """Rectangles whose sides are borders from end to end, or the picture's own."""
    rows, columns = pictures[0].shape
    across, down = (np.zeros((rows, columns), np.float32) for _ in range(2))
    for picture in pictures:
        one, other = steepness(picture)
        across += np.abs(one) > _STEEP
        down += np.abs(other) > _STEEP
    plumb = _near((across >= _LASTING * len(pictures)).T)
    level = _near(down >= _LASTING * len(pictures))
    whole = rows * columns
    for top, bottom in itertools.combinations(_lines(level), 2):
        for left, right in itertools.combinations(_lines(plumb), 2):
            box = Box(left, top, right, bottom)
            if not _SMALLEST * whole <= _area(box) <= _LARGEST * whole:
                continue
            if all(_runs(level, y, left, right) for y in (top, bottom)) and all(
                _runs(plumb, x, top, bottom) for x in (left, right)
            ):
                yield box


def _near(seen: Mask) -> Mask:
    """Borders wander by a pixel between a thumb's rows."""
    return np.asarray(cv2.dilate(seen.astype(np.uint8), np.ones((3, 1), np.uint8)), np.uint8).astype(bool)


def _lines(seen: Mask) -> list[int]:
    """Rows with the most border in them, and both ends."""
    lengths = seen.sum(1).astype(np.int64)
    found = [0, len(lengths)]
    while len(found) < _LINES + 2:
        row = int(lengths.argmax())
        if lengths[row] < _SMALLEST * seen.shape[1]:
            break
        # Made thicker above, a border is several rows: the middle is the place.
        weak = np.flatnonzero(lengths < _THICK * lengths[row])
        first = int(weak[weak < row].max(initial=-1)) + 1
        last = int(weak[weak > row].min(initial=len(lengths))) - 1
        found.append((first + last + 1) // 2)
        lengths[max(0, first - _APART) : last + _APART + 1] = 0
    return sorted(found)


def _runs(seen: Mask, row: int, start: int, end: int) -> bool:
    if row in (0, len(seen)):
        return True
    inset = max(2, round(0.02 * (end - start)))
    return bool(seen[row, start + inset : end - inset].mean() >= _ALONG)


def _holds_slides(stack: Stack, box: Box, around: Mask) -> bool:
    """Whether several slides follow each other inside while all around, where it is looked at, stays."""
    if np.count_nonzero(around) < 0.25 * (around.size - _area(box)):
        return False
    usual = median(stack)
    as_ever = [p for p in stack if _changed(p, usual)[around].mean() <= _ALL_OTHER]
    if len(as_ever) < max((1 - _ELSEWHERE) * len(stack), _FEWEST_SLIDES):
        return False
    slide = box.inside(around.shape)
    changed = np.zeros(around.shape, bool)
    distinct = [as_ever[0]]
    for before, after in itertools.pairwise(as_ever):
        differs = _changed(before, after)
        if differs[around].mean() > _A_LITTLE:
            return False
        if differs[slide].mean() >= _ANOTHER:
            changed |= differs
            if all(_changed(other, after)[slide].mean() >= _ANOTHER for other in distinct):
                distinct.append(after)
    part = changed[box.top : box.bottom, box.left : box.right]
    reaches = all(
        np.ptp(np.flatnonzero(part.any(i))) >= _REACH * part.shape[1 - i] for i in (0, 1) if part.any()
    )
    return len(distinct) >= _FEWEST_SLIDES and reaches


def _changed(a: Gray, b: Gray) -> Mask:
    changed: Mask = cv2.absdiff(a, b) > _CHANGED
    return changed


def _is_window(stack: Stack, box: Box, around: Mask) -> bool:
    """Whether what surrounds a box is a program's, and no margin of the slides' own."""
    usual = median(stack)
    detail = np.maximum(*(np.abs(g) for g in steepness(usual)))[around] > _DETAIL
    return bool(detail.mean() >= _DETAILED) and _is_apart(stack, box)


def _is_apart(stack: Stack, box: Box) -> bool:
    """Whether the slide's ground is another than that beside it, on all sides but the picture's own."""
    rows, columns = stack.shape[1:]
    turned = stack.transpose(0, 2, 1)
    sides = [
        (stack, box.top, box.left, box.right, rows),
        (stack, box.bottom, box.left, box.right, rows),
        (turned, box.left, box.top, box.bottom, columns),
        (turned, box.right, box.top, box.bottom, columns),
    ]
    for pictures, at, start, end, size in sides:
        if at in (0, size):
            continue
        if at < _OFF or at + _OFF >= size:
            return False
        one, other = (pictures[:, at + d, start:end].astype(np.int16) for d in (-_OFF, _OFF))
        steps = (np.abs(one - other) >= _STEP).mean(1) >= _STEP_ALONG
        if steps.mean() < _LASTING:
            return False
    return True
