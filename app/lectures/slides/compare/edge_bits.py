"""Whether two looks have hardly an edge in common, told by a bit a pixel before they are compared in full."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.look import Look

# Two looks that find fewer of their edges near the other's than this have most of the text apart: one that
# is built keeps nearly all, and ink hides some. How near, in pixels.
_SHARED, _SHARED_HIDDEN = 0.75, 0.5
_NEAR = np.ones((3, 3), np.uint8)

Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Outlines:
    """Edges of a look, what is near them, and what does not move: a bit a pixel, cheap to compare."""

    edges: Bits
    near: Bits
    still: Bits

    @classmethod
    def of(cls, look: Look) -> Outlines:
        near = np.asarray(cv2.dilate(look.edges.view(np.uint8), _NEAR), np.uint8)
        return cls(np.packbits(look.edges), np.packbits(near), np.packbits(~look.moving))

    def have_little_of(self, other: Outlines, besides: Bits | None, *, hidden: bool = True) -> bool:
        """Whether few of the edges are found in the other, but for those `besides`.

        `hidden`: ink or a window may hide some of them.
        """
        edges = self.edges & self.still & other.still
        if besides is not None:
            edges &= ~besides
        least = _SHARED_HIDDEN if hidden else _SHARED
        return _count(edges & other.near) < least * _count(edges)


def _count(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))
