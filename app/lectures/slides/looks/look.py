"""A look at the picture at one moment: luma, what moves in it, and the features derived from them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.model import Blob, Value
from app.lectures.slides.looks.frames import Gray

Mask = NDArray[np.bool_]

# Sobel response above which a pixel belongs to an edge: text on slides is far above, gradients far below.
_EDGE = 70
_BLACK_MEAN, _BLACK_SPREAD = 12, 8
# On flat slides one plain filter is as small as the best of all for every row, at half the time; this one is
# read fastest, too. Runs are nearly all that repeats after it: looking for nothing else saves a quarter.
PNG = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)


@dataclass(frozen=True, eq=False)
class Look:
    """`gray` and `moving` have the same shape (rows, columns); `moving` covers the last seconds too."""

    t: float
    gray: Gray
    moving: Mask
    key: bool = False
    alive: bool = False  # so much moves right now that this is somebody or something filmed, no slide

    @cached_property
    def edges(self) -> Mask:
        across = cv2.convertScaleAbs(cv2.Sobel(self.gray, cv2.CV_16S, 1, 0))
        down = cv2.convertScaleAbs(cv2.Sobel(self.gray, cv2.CV_16S, 0, 1))
        found: Mask = np.maximum(across, down) > _EDGE
        return found

    @cached_property
    def edge_count(self) -> int:
        """Pixels of edges where nothing moves."""
        return int(np.count_nonzero(self.edges & ~self.moving))

    @cached_property
    def background(self) -> int:
        """The commonest luma."""
        return int(np.argmax(np.bincount(self.gray[::3, ::3].ravel(), minlength=256)))

    @cached_property
    def is_black(self) -> bool:
        mean, spread = cv2.meanStdDev(self.gray)
        return float(mean.item()) < _BLACK_MEAN and float(spread.item()) < _BLACK_SPREAD

    def shows_what(self, other: Look) -> bool:
        """Whether it is a copy of the other, but for its time."""
        return np.array_equal(self.gray, other.gray) and np.array_equal(self.moving, other.moving)

    @cached_property
    def packed(self) -> PackedLook:
        ok, png = cv2.imencode(".png", self.gray, PNG)
        assert ok
        moving = zlib.compress(np.packbits(self.moving).tobytes(), 1)
        return PackedLook(t=self.t, png=png.tobytes(), moving=moving, key=self.key)


def differing(looks: Sequence[Look]) -> list[Look]:
    """In order, the looks of which no later one is a copy: a picture that stands is often coded as it was."""
    kept: list[Look] = []
    for look in reversed(looks):
        if not any(look.shows_what(other) for other in kept):
            kept.append(look)
    return kept[::-1]


class PackedLook(Value):
    """A look of a slide long past, about a tenth of its size: hours of slides must fit in memory.

    `png` holds the luma, `moving` a bit for each of its pixels, deflated (RFC 1950).
    """

    t: float
    png: Blob
    moving: Blob
    key: bool

    def unpacked(self) -> Look:
        gray = np.asarray(cv2.imdecode(np.frombuffer(self.png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)
        bits = np.unpackbits(np.frombuffer(zlib.decompress(self.moving), np.uint8), count=gray.size)
        look = Look(self.t, gray, bits.reshape(gray.shape).view(bool), self.key)
        look.__dict__["packed"] = self  # need not be packed again
        return look
