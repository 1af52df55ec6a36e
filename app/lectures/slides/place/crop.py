"""The slide's part of a screen recording's picture: between bars, in a window, or beside a speaker.

What surrounds the slide is remembered, so that a picture that once shows more than that stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.model import Blob, Value
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask

# Cells in which the surroundings are compared (columns, rows); luma by which one may differ at any time, and
# share of the moments, and of the cells, in which it has to be as ever.
_CELLS, _SAME, _STEADY, _MATCHING = (160, 90), 16, 0.9, 0.96
# Cells beside the rectangle that may hold some of it; fewer cells than this do not tell.
_RIM, _FEWEST_CELLS = np.ones((3, 3), np.uint8), 200


class Box(NamedTuple):
    """A rectangle in pixels: [left, right) of [top, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    def inside(self, shape: tuple[int, ...], margin: int = 0) -> Mask:
        """(rows, columns): true in the rectangle made larger by a margin."""
        mask = np.zeros(shape, bool)
        mask[
            max(0, self.top - margin) : self.bottom + margin, max(0, self.left - margin) : self.right + margin
        ] = True
        return mask


class Crop(Value):
    """Where the slides are, as shares of the picture's width and height.

    `around` is what surrounds them (PNG of luma), `steady` a bit for each cell in which it always does.
    """

    left: float
    top: float
    right: float
    bottom: float
    around: Blob
    steady: Blob

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The slide alone of a (rows, columns, BGR) picture; all of it when other things surround it."""
        if not self._surrounds(picture):
            return picture
        box = self.box(picture.shape[1], picture.shape[0])
        return np.ascontiguousarray(picture[box.top : box.bottom, box.left : box.right])

    def box(self, width: int, height: int) -> Box:
        """In pixels of a picture of this size."""
        return Box(
            round(self.left * width),
            round(self.top * height),
            round(self.right * width),
            round(self.bottom * height),
        )

    def _surrounds(self, picture: NDArray[np.uint8]) -> bool:
        small = cv2.resize(picture, _CELLS, interpolation=cv2.INTER_AREA)
        gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        around = cv2.imdecode(np.frombuffer(self.around, np.uint8), cv2.IMREAD_GRAYSCALE)
        steady = np.unpackbits(np.frombuffer(self.steady, np.uint8), count=gray.size).astype(bool)
        same = cv2.absdiff(gray, np.asarray(around, np.uint8)) <= _SAME
        return bool(same.ravel()[steady].mean() >= _MATCHING)


def crop_to(box: Box, size: tuple[int, int], pictures: Sequence[Gray]) -> Crop | None:
    """A crop to a box in a picture of this (width, height), with moments to learn the surroundings from.

    None when too little around it stays the same to be known again.
    """
    cells = np.stack([cv2.resize(picture, _CELLS, interpolation=cv2.INTER_AREA) for picture in pictures])
    around = np.median(cells, axis=0).astype(np.uint8)
    far = np.abs(cells.astype(np.int16) - around) > _SAME
    mask = np.zeros(size[::-1], np.uint8)
    mask[box.top : box.bottom, box.left : box.right] = 255
    slide = cv2.dilate(cv2.resize(mask, _CELLS, interpolation=cv2.INTER_AREA), _RIM) > 0
    steady = (far.mean(0) <= 1 - _STEADY) & ~slide
    if np.count_nonzero(steady) < _FEWEST_CELLS:
        return None
    around[slide] = 0  # compresses better
    _, png = cv2.imencode(".png", around)
    return Crop(
        left=box.left / size[0],
        top=box.top / size[1],
        right=box.right / size[0],
        bottom=box.bottom / size[1],
        around=png.tobytes(),
        steady=np.packbits(steady).tobytes(),
    )
