"""What came to a slide from one picture of it to the next, in pieces, and which of these are like a pen's.

Pictures are (rows, columns, BGR) of one shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.patches import patches

Picture = NDArray[np.uint8]
Colour = NDArray[np.float64]

# Levels by which a stroke differs from what it was drawn on, in the channel in which it does most.
CAME = 45
# Share of the picture's width that a pen's line is long at least, which no letter is.
SHORTEST = 0.03
# Levels by which the middle of a line varies at most (median), and two lines of one pen.
_ONE_COLOUR, _ONE_PEN = 28, 40
# Times its width that a line reaches to the side: rules, axes and arrows do not, but for an arrow's head.
_BENT = 1.6
# Share of its length along which both sides of an arrow, of its shaft, are straight, and pixels by which they
# may be off: no hand keeps to a line.
_SHAFT, _STRAIGHT = 0.7, 1.2
# Share of the area that its ends span: a shape takes more, a scribble less.
_SOLID = 0.85
# Pixels of which no stroke is made.
_SPECK = 12
_RIM = 1.5  # pixels of depth at which nothing of the ground shines through


@dataclass(frozen=True, eq=False)
class Piece:
    """Pixels that hang together and came in one step."""

    part: tuple[slice, slice]
    own: Mask
    depth: NDArray[np.float32]  # of each pixel from the piece's rim
    after: Picture
    area: int
    long: bool

    @cached_property
    def thick(self) -> float:
        """Pixels across, where it is nearly widest."""
        return 2 * float(np.percentile(self.depth[self.own], 90))

    @cached_property
    def _core(self) -> Picture:
        inner = self.own & (self.depth > _RIM)
        return self.after[inner if np.count_nonzero(inner) > _SPECK // 2 else self.own]

    @cached_property
    def colour(self) -> Colour:
        return np.asarray(np.median(self._core, axis=0), np.float64)

    @cached_property
    def _is_of_one_colour(self) -> bool:
        return float(np.median(np.abs(self._core - self.colour).max(1))) <= _ONE_COLOUR

    def is_line(self, widest: float) -> bool:
        """Whether a pen may have drawn it, no more than `widest` pixels wide."""
        if not self.long or self.thick > widest or not self._is_of_one_colour:
            return False
        side = min(cv2.minAreaRect(np.argwhere(self.own).astype(np.float32))[1])
        return side >= _BENT * max(2.0, self.thick) and not self._is_arrow

    @property
    def _is_arrow(self) -> bool:
        places = np.argwhere(self.own).astype(np.float64)
        places -= places.mean(0)
        _, axes = np.linalg.eigh(places.T @ places)
        across, along = (places @ axes).T
        at = np.floor(along - along.min()).astype(np.int64)
        edges = np.full((2, at.max() + 1), np.inf)
        for edge, far in zip(edges, (across, -across), strict=True):
            np.minimum.at(edge, at, far)
        lines = np.median(edges, axis=1, keepdims=True)
        wide = -float(lines.sum())
        straight = (np.abs(edges - lines) <= _STRAIGHT).mean(1) >= _SHAFT
        return wide < _BENT * max(2.0, self.thick) and bool(straight.all())

    @cached_property
    def is_jagged(self) -> bool:
        """Whether much of what its ends span is none of it, as of no bar or panel."""
        hull = cv2.convexHull(np.argwhere(self.own).astype(np.int32))
        return self.area < _SOLID * cv2.contourArea(hull)

    def is_of(self, pen: Colour) -> bool:
        """Whether it is of one colour, about that of a pen."""
        return float(np.abs(self.colour - pen).max()) < _ONE_PEN and self._is_of_one_colour


def pieces_between(before: Picture, after: Picture, moving: Mask | None) -> list[Piece]:
    """What changed from one picture to the next, but for specks and for where something is `moving`."""
    blue, green, red = cv2.split(cv2.absdiff(before, after))
    _, came = cv2.threshold(cv2.max(cv2.max(blue, green), red), CAME, 1, cv2.THRESH_BINARY)
    if moving is not None:
        came[moving] = 0
    left, top, width, height = cv2.boundingRect(came)
    if not width:
        return []
    # With a rim, from which depths are reckoned.
    rows = slice(max(0, top - 1), top + height + 1)
    columns = slice(max(0, left - 1), left + width + 1)
    changed = np.ascontiguousarray(came[rows, columns])
    count, labels, stats = patches(changed)
    depth = cv2.distanceTransform(changed, cv2.DIST_L2, 3)
    shortest = SHORTEST * came.shape[1]
    found = []
    for label in range(1, count):
        x, y, wide, high, area = stats[label].tolist()
        if area < _SPECK:
            continue
        inside = (slice(y, y + high), slice(x, x + wide))
        part = (
            slice(rows.start + y, rows.start + y + high),
            slice(columns.start + x, columns.start + x + wide),
        )
        found.append(
            Piece(
                part=part,
                own=labels[inside] == label,
                depth=np.array(depth[inside], np.float32),  # a copy: the rest of it may go
                after=after[part],
                area=area,
                long=max(wide, high) >= shortest,
            )
        )
    return found


def area_of(pieces: Iterable[Piece]) -> int:
    """Pixels of all of them."""
    return sum(piece.area for piece in pieces)
