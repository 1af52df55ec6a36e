"""Where in the picture the slide is: a projection filmed in a room, found by the outline that stays.

Of the quadrilaterals that lasting edges form, the largest whose four sides are all really there, up to the
corners, is the projection.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.model import Value
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.place.enlarged import enlarged
from app.lectures.slides.place.lasting import mean_gradient, usual_gradient
from app.lectures.slides.place.outline import VISIBLE, Field, Points, refined, steepness, strongest_along

Line = tuple[float, float]

# Share of a side, and of its ends, along which it has to be seen.
_PRESENT, _PRESENT_AT_CORNERS = 0.72, 0.5
# Degrees from level or plumb; candidates of each kind; share of the picture that a slide fills at least.
_TILT, _LINES, _SMALLEST = 22.0, 10, 0.12
# Times what is just visible that a place adds to a line at most; where a side may be faint, a line of text on
# it that stays is no more than that.
_VOTE, _FAINT_VOTE = 4.0, 1.3
# Sides end this share of their length from a corner; a corner is missed by this many pixels at most.
_CORNER, _MISS = 0.12, 2.0
_ASPECT_RANGE = (0.9, 2.6)
# Share of a side, and sides, that are seen in a moment; share of the moments.
_SEEN, _SIDES, _LASTING = 0.6, 3, 0.6
# Shares of the picture by which, together, opposite ends of sides are off level and plumb, and by which two
# sides at least are: one line of a design may slant, of a rectangle seen at an angle never one alone.
_TILTED, _OFF = 0.02, 0.003
# Luma per pixel of text, and how many times more of it changes on the slide than around it.
_STEEP, _DENSER = 5, 1.3


class Region(Value):
    """Corners of the slide (top left, top right, bottom right, bottom left) as shares of the picture."""

    corners: tuple[tuple[float, float], ...]
    black: int = 0  # luma of what is black on it, and white
    white: int = 255

    def points(self, width: int, height: int) -> Points:
        """(4, 2): x and y of the corners in a picture of this size, 0 being the middle of the first pixel."""
        return np.asarray(self.corners, np.float64) * (width, height) - 0.5

    @property
    def is_tilted(self) -> bool:
        """Whether the outline is clearly no upright rectangle."""
        (_, a), (_, b), (_, c), (_, d) = self.corners
        (e, _), (f, _), (g, _), (h, _) = self.corners
        off = abs(a - b), abs(c - d), abs(e - h), abs(f - g)
        return max(off[:2]) + max(off[2:]) > _TILTED and sum(one > _OFF for one in off) > 1


def find_projection(pictures: Sequence[Gray], *, faint: bool = False) -> Region | None:
    """The projection in a camera's view, from moments (of one shape) all over the recording; None: unsure.

    `faint`: an outline that stands out little, or now to this side and now to that, will do.
    """
    if len(pictures) < 3:
        return None
    if faint:
        return _found(pictures, *usual_gradient(pictures), _FAINT_VOTE)
    return _found(pictures, *mean_gradient(pictures), VISIBLE, _VOTE)


def _found(
    pictures: Sequence[Gray], across: Field, down: Field, visible: float, vote: float
) -> Region | None:
    level = _lines(down, visible, vote * visible, steep=False)
    plumb = _lines(across, visible, vote * visible, steep=True)
    rows, columns = pictures[0].shape
    best: Points | None = None
    best_score = 0.0
    for top, bottom in _pairs(level, 0.3 * rows):
        for left, right in _pairs(plumb, 0.3 * columns):
            corners = _corners(top, bottom, left, right)
            if corners is None or not _plausible(corners, columns, rows):
                continue
            score = _score(corners, across, down, visible)
            if score > best_score:
                best, best_score = corners, score
    if best is None:
        return None
    best = refined(enlarged(best, pictures), across, down, visible=visible)
    inside = np.zeros((rows, columns), np.uint8)
    cv2.fillConvexPoly(inside, best.round().astype(np.int32), 1)
    if not _holds_what_changes(inside.astype(bool), pictures):
        return None
    black, white = _levels(inside.astype(bool), pictures)
    shares = (best + 0.5) / (columns, rows)
    return Region(corners=tuple((float(x), float(y)) for x, y in shares), black=black, white=white)


def is_lasting(region: Region, pictures: Sequence[Gray]) -> bool:
    """Whether the outline is seen in most moments, and not just strong in the few that show one figure."""
    rows, columns = pictures[0].shape
    corners = region.points(columns, rows)
    seen = 0
    for picture in pictures:
        across, down = steepness(picture)
        sides = [strongest_along(corners[i], corners[(i + 1) % 4], (down, across)[i % 2]) for i in range(4)]
        seen += sum(float((side > VISIBLE).mean()) > _SEEN for side in sides) >= _SIDES
    return seen > _LASTING * len(pictures)


def _holds_what_changes(inside: Mask, pictures: Sequence[Gray]) -> bool:
    """Whether there is more text that comes and goes inside than outside: a door or a window is no slide.

    Somebody's outline passes a place a few times, a page's text is there for a good part of the recording.
    """
    steep = np.stack([_steep(picture) for picture in pictures])
    most = steep.max(0)
    seen = np.count_nonzero(steep > most // 2, axis=0)
    changes = (seen / len(pictures)) * (1 - seen / len(pictures)) * (most > _STEEP)
    # Where pages stay for more than a moment, what is at a place only once is no text.
    return any(
        float(often[inside].mean()) > _DENSER * float(often[~inside].mean())
        for often in (changes, changes * (seen > 1))
    )


def _steep(picture: Gray) -> Gray:
    """How steep it is about each place: a camera sways."""
    across, down = steepness(picture)
    steepest = np.maximum(np.abs(across), np.abs(down)).round().astype(np.uint8)
    return np.asarray(cv2.dilate(steepest, np.ones((3, 3), np.uint8)), np.uint8)


def _levels(inside: Mask, pictures: Sequence[Gray]) -> tuple[int, int]:
    """The darkest and the brightest that the projector and the room make of black and white."""
    darkest, brightest = zip(
        *(np.percentile(picture[inside], (0.5, 99.5)) for picture in pictures), strict=True
    )
    return round(float(min(darkest))), round(float(max(brightest)))


def _lines(gradient: Field, visible: float, most: float, *, steep: bool) -> list[Line]:
    """The strongest lines as (offset, slope): y = offset + slope * x, or x = offset + slope * y if `steep`.

    Each pixel votes with its gradient's strength, `most` at most, for the lines through it (a Hough transform
    in slopes).
    """
    strength = np.minimum(np.abs(gradient.T if steep else gradient), most)
    thin = strength * (strength >= cv2.dilate(strength, np.ones((3, 1), np.uint8)))
    ys, xs = np.nonzero(thin > 0.6 * visible)
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
        if votes[i, offset] < 0.2 * thin.shape[1] * visible:
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


def _score(corners: Points, across: Field, down: Field, visible: float) -> float:
    """How large the quadrilateral is, or 0 when one of its sides is not there all along."""
    support, at_corners = 1.0, 1.0
    for i in range(4):
        strengths = strongest_along(corners[i], corners[(i + 1) % 4], down if i % 2 == 0 else across)
        present = strengths > visible
        ends = max(2, round(_CORNER * len(present)))
        at_corners = min(at_corners, float(present[:ends].mean()), float(present[-ends:].mean()))
        if present.mean() < _PRESENT or at_corners < _PRESENT_AT_CORNERS:
            return 0.0
        support *= float(present.mean())
    # Beyond its corners a side ends, though it may meet the floor or a shelf farther on.
    return support * math.sqrt(at_corners) * float(cv2.contourArea(corners.astype(np.float32)))
