"""An uneven dark rim around the slides: a window before a black ground, filmed off a screen or cut by hand.

Bars that a player fills up with are even and of one luma. What somebody left around a window is wider on one
side than on the other, nearly black rather than black, and soft where a coder smeared its border. No single
moment tells it from a dark slide; that all of them have it, and end it at the same place, does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.bars import Stack, stands_out_from
from app.lectures.slides.place.crop import Box

# Luma of nearly black (what coding and a wrong range make of 0); share of a line that is; share of the
# moments at which it is: an opening or a film in between may fill more of the picture.
_DARK, _ALL, _MOMENTS, _FEWEST_MOMENTS = 32, 0.98, 0.85, 6
# Shares of the picture: a narrower rim is nobody's loss, a wider one no rim.
_NARROWEST, _WIDEST = 0.02, 0.36
# A border that a slide has itself is as wide on opposite sides: share of the picture by which two differ.
_UNEVEN = 0.01
# Pixels of a thumb over which a soft border goes from dark to the slide.
_SOFT = 5


def find_dark_rim(pictures: Sequence[Gray]) -> Box | None:
    """What is within a rim that is dark all round, but uneven; None when there is none."""
    if len(pictures) < _FEWEST_MOMENTS:
        return None
    stack = np.stack(pictures)
    rows, columns = stack.shape[1:]
    left, right = _widths(stack)
    top, bottom = _widths(stack.transpose(0, 2, 1))
    if min(left, right) < _NARROWEST * columns or min(top, bottom) < _NARROWEST * rows:
        return None
    if abs(left - right) <= _UNEVEN * columns and abs(top - bottom) <= _UNEVEN * rows:
        return None
    inner = stack[:, top : rows - bottom, left : columns - right]
    turned = inner.transpose(0, 2, 1)
    if all(
        stands_out_from(side[:, :, i], _DARK // 2) for side in (inner, turned) for i in (_SOFT, -1 - _SOFT)
    ):
        return Box(left, top, columns - right, rows - bottom)
    return None


def _widths(stack: Stack) -> tuple[int, int]:
    """Columns that are dark left and right, in (moments, rows, columns); none: 0."""
    dark = ((stack <= _DARK).mean(1) >= _ALL).mean(0) >= _MOMENTS
    widest = round(_WIDEST * stack.shape[2])
    left, right = (0 if side[:widest].all() else int(side.argmin()) for side in (dark, dark[::-1]))
    return left, right
