"""Where in the picture the slide is: a projection filmed in a room, found by the outline that stays.

Text, the lecturer and noise cancel out in the mean gradient of many moments; what is left are lines that
are always there. Of the quadrilaterals that such lines form, the largest whose four sides are all really
there, up to the corners, is the projection.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.model import Value
from app.lectures.slides.frames import Gray

Field = NDArray[np.float32]
Points = NDArray[np.float64]
Line = tuple[float, float]

# A gradient stronger than this counts no more: one slide's text must not outweigh a faint lasting outline.
_CLIP = 24.0
# Gradient (luma per pixel) of a line that is there, and share of a side along which it has to be.
_LEAST, _PRESENT, _PRESENT_AT_CORNERS = 1.2, 0.72, 0.5
# Degrees from level or plumb; candidates of each kind; share of the picture that a slide fills at least.
_TILT, _LINES, _SMALLEST = 22.0, 10, 0.12
# Sides end this share of their length from a corner; a corner is missed by this many pixels at most.
_CORNER, _MISS = 0.12, 2.0
# Places that a side has to be seen at to be fitted anew.
_FEWEST_PLACES = 8
_ASPECT_RANGE = (0.9, 2.6)


class Region(Value):
    """Corners of the slide (top left, top right, bottom right, bottom left) as shares of the picture."""

    corners: tuple[tuple[float, float], ...]

    def points(self, width: int, height: int) -> Points:
        """(4, 2): x and y of the corners in a picture of this size, 0 being the middle of the first pixel."""
        return np.asarray(self.corners, np.float64) * (width, height) - 0.5


def find_projection(pictures: Sequence[Gray]) -> Region | None:
    """The projection in a camera's view, from moments (of one shape) all over the recording; None: unsure."""
    if len(pictures) < 3:
        return None
    across, down = _lasting_gradient(pictures)
    level = _lines(down, steep=False)
    plumb = _lines(across, steep=True)
    rows, columns = pictures[0].shape
    best: Points | None = None
    best_score = 0.0
    for top, bottom in _pairs(level, 0.3 * rows):
        for left, right in _pairs(plumb, 0.3 * columns):
            corners = _corners(top, bottom, left, right)
            if corners is None or not _plausible(corners, columns, rows):
                continue
            score = _score(corners, across, down)
            if score > best_score:
                best, best_score = corners, score
    if best is None:
        return None
    best = refined(best, across, down)
    shares = (best + 0.5) / (columns, rows)
    return Region(corners=tuple((float(x), float(y)) for x, y in shares))


def steepness(picture: Gray) -> tuple[Field, Field]:
    """The gradient across and down, in luma per pixel, cut off at a limit."""
    smooth = cv2.GaussianBlur(picture, (3, 3), 0)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    return _clipped(across), _clipped(down)


def _clipped(gradient: NDArray[Any]) -> Field:
    return np.asarray(np.clip(gradient, -_CLIP, _CLIP), np.float32)


def _lasting_gradient(pictures: Sequence[Gray]) -> tuple[Field, Field]:
    across, down = (np.zeros(pictures[0].shape, np.float32) for _ in range(2))
    for picture in pictures:
        one, other = steepness(picture)
        across += one
        down += other
    share = np.float32(1 / len(pictures))
    return np.asarray(across * share, np.float32), np.asarray(down * share, np.float32)


def _lines(gradient: Field, *, steep: bool) -> list[Line]:
    """The strongest lines as (offset, slope): y = offset + slope * x, or x = offset + slope * y if `steep`.

    Each pixel votes with its gradient's strength for the lines through it (a Hough transform in slopes).
    """
    strength = np.minimum(np.abs(gradient.T if steep else gradient), 4 * _LEAST)
    thin = strength * (strength >= cv2.dilate(strength, np.ones((3, 1), np.uint8)))
    ys, xs = np.nonzero(thin > 0.6 * _LEAST)
    if not len(ys):
        return []
    weights, rows = thin[ys, xs], gradient.T.shape[0] if steep else gradient.shape[0]
    slopes = np.tan(np.radians(np.arange(-_TILT, _TILT + 0.01, 0.25)))
    middle = thin.shape[1] / 2
    votes = np.zeros((len(slopes), rows + 2), np.float32)
    for i, slope in enumerate(slopes):
        offsets = np.rint(ys - slope * (xs - middle)).astype(int) + 1
        inside = (offsets >= 0) & (offsets < rows + 2)
        votes[i] = np.bincount(offsets[inside], weights[inside], minlength=rows + 2)
    votes[:, 1:-1] = votes[:, :-2] + votes[:, 1:-1] + votes[:, 2:]
    found: list[Line] = []
    for _ in range(_LINES):
        i, offset = divmod(int(votes.argmax()), votes.shape[1])
        if votes[i, offset] < 0.2 * thin.shape[1] * _LEAST:
            break
        found.append((float(offset) - 1 - float(slopes[i]) * middle, float(slopes[i])))
        # What crosses it at a small angle near the middle is the same line.
        votes[max(0, i - 12) : i + 13, max(0, offset - 5) : offset + 6] = 0
    return found


def _pairs(lines: list[Line], apart: float) -> list[tuple[Line, Line]]:
    pairs = []
    for one, other in itertools.combinations(lines, 2):
        first, second = (one, other) if one[0] < other[0] else (other, one)
        if second[0] - first[0] > 0.5 * apart:
            pairs.append((first, second))
    return pairs


def _corners(
    top: tuple[float, float],
    bottom: tuple[float, float],
    left: tuple[float, float],
    right: tuple[float, float],
) -> Points | None:
    def meet(level: Line, plumb: Line) -> tuple[float, float]:
        y = (level[0] + level[1] * plumb[0]) / (1 - level[1] * plumb[1])
        return plumb[0] + plumb[1] * y, y

    return np.array([meet(top, left), meet(top, right), meet(bottom, right), meet(bottom, left)])


def _plausible(corners: Points, columns: int, rows: int) -> bool:
    if (corners < -_MISS).any() or (corners > (columns + _MISS, rows + _MISS)).any():
        return False
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    aspect = (top + bottom) / max(left + right, 1.0)
    alike = min(top, bottom) > 0.6 * max(top, bottom) and min(left, right) > 0.6 * max(left, right)
    large = cv2.contourArea(corners.astype(np.float32)) > _SMALLEST * columns * rows
    return bool(alike and large and _ASPECT_RANGE[0] < aspect < _ASPECT_RANGE[1])


def _score(corners: Points, across: Field, down: Field) -> float:
    """How large the quadrilateral is, or 0 when one of its sides is not there all along."""
    support = 1.0
    for i in range(4):
        strengths = _along(corners[i], corners[(i + 1) % 4], down if i % 2 == 0 else across)
        present = strengths > _LEAST
        ends = max(2, round(_CORNER * len(present)))
        if (
            present.mean() < _PRESENT
            or min(present[:ends].mean(), present[-ends:].mean()) < _PRESENT_AT_CORNERS
        ):
            return 0.0
        support *= float(present.mean())
    return support * float(cv2.contourArea(corners.astype(np.float32)))


def _along(start: Points, end: Points, gradient: Field) -> Field:
    """The strongest gradient within two pixels across each place of a side."""
    places, normal = _places(start, end)
    values = _across(gradient, places, normal, np.arange(-2.0, 2.5))
    return np.asarray(np.abs(values).max(0), np.float32)


def _places(start: Points, end: Points) -> tuple[Points, Points]:
    """Places along a side, some two pixels apart, and the direction across it."""
    length = float(np.linalg.norm(end - start))
    steps = np.linspace(0.02, 0.98, max(8, round(length / 2)))[:, None]
    normal = np.array([-(end - start)[1], (end - start)[0]]) / max(length, 1e-6)
    return start + steps * (end - start), normal


def _across(field: Field, places: Points, normal: Points, shifts: NDArray[np.float64]) -> Field:
    """(shifts, places): the field that far across from each place."""
    xs, ys = ((places[:, i] + shifts[:, None] * normal[i]).astype(np.float32) for i in (0, 1))
    return np.asarray(cv2.remap(field, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def refined(corners: Points, across: Field, down: Field, reach: float = 3.0) -> Points:
    """Corners to a fraction of a pixel: each side is fitted to the steepest places within `reach` of it.

    A side whose edge cannot be seen, as beside a dark slide, stays where it was.
    """
    sides = []
    for i in range(4):
        start, end = corners[i], corners[(i + 1) % 4]
        sides.append(_fitted(start, end, down if i % 2 == 0 else across, reach))
    fresh = [_meeting(sides[i - 1], sides[i]) for i in range(4)]
    return np.array(fresh)


def _fitted(start: Points, end: Points, gradient: Field, reach: float) -> tuple[Points, Points]:
    places, normal = _places(start, end)
    shifts = np.arange(-reach, reach + 0.01, 0.5)
    values = np.abs(_across(gradient, places, normal, shifts))
    weights = np.where(values > 0.5 * values.max(0), values, 0) ** 2
    clear = values.max(0) > _LEAST
    if clear.mean() < 0.3:
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
