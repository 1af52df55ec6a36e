"""Bars beside or above and below the slides, where a player or projector filled up another aspect ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.crop import Box

# Luma within which a bar is of one colour; share of a line that has to be, and of the moments.
_PLAIN, _PLAIN_SHARE, _MOMENTS = 8, 0.97, 0.95
# Shares of the picture: narrower bars are a slide's own border, wider ones no bars; how unlike two may be,
# and have to be when there are four.
_NARROWEST, _WIDEST, _UNLIKE, _ALL_ROUND = 0.02, 0.36, 0.006, 0.02
# Luma by which a slide stands out from its bar, pixels from the border at which it does.
_STANDS_OUT, _INSIDE = 16, 2
# Shares of the border that are seen at some moment and at one (titles may stand on a dark band), and of the
# moments at which it is.
_EVER, _AT_ONCE, _OFTEN = 0.8, 0.75, 0.5

Stack = NDArray[np.uint8]


def find_bars(pictures: Sequence[Gray]) -> Box | None:
    """What is between two or four bars of one colour in all moments; None when there are none.

    The margins of slides are as plain, and so are dark slides: between bars and slides there has to be a
    border that is seen from end to end.
    """
    stack = np.stack(pictures)
    rows, columns = stack.shape[1:]
    left, right = _widths(stack)
    top, bottom = _widths(stack.transpose(0, 2, 1))
    inner = stack[:, top : rows - bottom, left : columns - right]
    # A border is seen from corner to corner of the slide.
    if not _ends(inner, int(np.median(stack[:, :, 0]))):
        left = right = 0
    if not _ends(inner.transpose(0, 2, 1), int(np.median(stack[:, 0]))):
        top = bottom = 0
    if not left and not top:
        return None
    if left and top and min(abs(left - top * share) for share in (1, columns / rows)) < _ALL_ROUND * columns:
        return None  # as wide all round: a border that the slides have themselves
    return Box(left, top, columns - right, rows - bottom)


def _widths(stack: Stack) -> tuple[int, int]:
    """Columns of the bars left and right, in (moments, rows, columns); none: 0, 0."""
    columns = stack.shape[2]
    first, last = int(np.median(stack[:, :, 0])), int(np.median(stack[:, :, -1]))
    if abs(first - last) > _PLAIN:
        return 0, 0
    widest = round(_WIDEST * columns)
    left = _plain(stack[:, :, :widest], first)
    right = _plain(stack[:, :, : -widest - 1 : -1], last)
    if min(left, right) < _NARROWEST * columns or abs(left - right) > max(2, _UNLIKE * columns):
        return 0, 0
    return left, right


def _plain(stack: Stack, luma: int) -> int:
    """How many columns from the first on are of this luma; 0 when all are."""
    near = np.abs(stack.astype(np.int16) - luma) <= _PLAIN
    plain = (near.mean(1) >= _PLAIN_SHARE).mean(0) >= _MOMENTS
    return 0 if plain.all() else int(plain.argmin())


def _ends(inner: Stack, luma: int) -> bool:
    """Whether what is between bars of this luma begins and ends there."""
    return stands_out_from(inner[:, :, _INSIDE], luma) and stands_out_from(inner[:, :, -1 - _INSIDE], luma)


def stands_out_from(beside: Stack, luma: int) -> bool:
    """Whether what is (moments, places) beside a bar of this luma stands out from it all along."""
    stands_out = np.abs(beside.astype(np.int16) - luma) > _STANDS_OUT
    at_once = stands_out.mean(1) >= _AT_ONCE
    return bool(stands_out.any(0).mean() >= _EVER and at_once.mean() >= _OFTEN)
