"""The outline of a slide in a picture: how steep the brightness is there, and fitting its sides to that."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray

Field = NDArray[np.float32]
Points = NDArray[np.float64]

# A gradient stronger than this counts no more: one slide's text must not outweigh a faint lasting outline.
_CLIP = 24.0
# Gradient (luma per pixel) of an edge that is there.
VISIBLE = 1.2
# Places that a side has to be seen at to be fitted anew, and share of it.
_FEWEST_PLACES, _FEWEST_SHARE = 8, 0.3


def steepness(picture: Gray) -> tuple[Field, Field]:
    """The gradient across and down, in luma per pixel, cut off at a limit."""
    smooth = cv2.GaussianBlur(picture, (3, 3), 0)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    return _clipped(across), _clipped(down)


def _clipped(gradient: NDArray[Any]) -> Field:
    return np.asarray(np.clip(gradient, -_CLIP, _CLIP), np.float32)


def places_along(start: Points, end: Points) -> tuple[Points, Points]:
    """Places along a side, some two pixels apart, and the direction across it."""
    length = float(np.linalg.norm(end - start))
    steps = np.linspace(0.02, 0.98, max(8, round(length / 2)))[:, None]
    normal = np.array([-(end - start)[1], (end - start)[0]]) / max(length, 1e-6)
    return start + steps * (end - start), normal


def across_side(field: Field, places: Points, normal: Points, shifts: NDArray[np.float64]) -> Field:
    """(shifts, places): the field that far across from each place."""
    xs, ys = ((places[:, i] + shifts[:, None] * normal[i]).astype(np.float32) for i in (0, 1))
    return np.asarray(cv2.remap(field, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def strongest_along(start: Points, end: Points, gradient: Field) -> Field:
    """The strongest gradient within two pixels across each place of a side."""
    places, normal = places_along(start, end)
    values = across_side(gradient, places, normal, np.arange(-2.0, 2.5))
    return np.asarray(np.abs(values).max(0), np.float32)


def refined(
    corners: Points, across: Field, down: Field, reach: float = 3.0, visible: float = VISIBLE
) -> Points:
    """Corners to a fraction of a pixel: each side is fitted to the steepest places within `reach` of it.

    A side whose edge cannot be seen, as beside a dark slide, stays where it was.
    """
    sides = []
    for i in range(4):
        start, end = corners[i], corners[(i + 1) % 4]
        sides.append(_fitted(start, end, down if i % 2 == 0 else across, reach, visible))
    fresh = [_meeting(sides[i - 1], sides[i]) for i in range(4)]
    return np.array(fresh)


def _fitted(
    start: Points, end: Points, gradient: Field, reach: float, visible: float
) -> tuple[Points, Points]:
    places, normal = places_along(start, end)
    shifts = np.arange(-reach, reach + 0.01, 0.5)
    values = np.abs(across_side(gradient, places, normal, shifts))
    weights = np.where(values > 0.5 * values.max(0), values, 0) ** 2
    clear = values.max(0) > visible
    if clear.mean() < _FEWEST_SHARE:
        return start, end
    offsets = (weights * shifts[:, None]).sum(0)[clear] / weights.sum(0)[clear]
    along = np.linspace(0.0, 1.0, len(places))[clear]
    slope, offset = _robust_line(along, offsets)
    return start + offset * normal, end + (offset + slope) * normal


def _robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset by least squares, again and again without what lies far off (a lecturer's edge)."""
    keep = np.abs(y - np.median(y)) < 3.0
    slope, offset = 0.0, float(np.median(y))
    for _ in range(3):
        if np.count_nonzero(keep) < _FEWEST_PLACES:
            break
        near, off = x[keep], y[keep]
        middle, mean = near.mean(), off.mean()
        slope = float(((near - middle) * (off - mean)).sum() / ((near - middle) ** 2).sum())
        offset = float(mean - slope * middle)
        rest = np.abs(y - slope * x - offset)
        keep = rest <= max(0.35, 2 * float(np.median(rest)))
    return slope, offset


def _meeting(one: tuple[Points, Points], other: tuple[Points, Points]) -> Points:
    (a, b), (c, d) = one, other
    along, across, gap = b - a, d - c, c - a
    share = (gap[0] * across[1] - gap[1] * across[0]) / (along[0] * across[1] - along[1] * across[0])
    point: Points = a + share * along
    return point
