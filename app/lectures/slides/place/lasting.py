"""Which edges of a picture last, from moments all over a recording: text, the lecturer and noise do not.

In the mean gradient they cancel out. But so does the outline of a page that is now darker and now brighter
than the wall, and one between dark and dark is lost below text that is there a few times. The median of the
gradients, whichever way they go, has all that is seen most of the time, and little noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.outline import VISIBLE, Field, steepness

# A gradient is kept in steps of this part of a luma, and medians are taken of so many rows at once.
_STEPS, _BAND = 5, 32
# Gradient of an edge in the median, and how many times what noise leaves in it that is at least.
_FAINTLY, _ABOVE_NOISE = 0.8, 2.2


def mean_gradient(pictures: Sequence[Gray]) -> tuple[Field, Field]:
    """Across and down; an edge of it is `VISIBLE`."""
    across, down = (np.zeros(pictures[0].shape, np.float32) for _ in range(2))
    for picture in pictures:
        one, other = steepness(picture)
        across += one
        down += other
    share = np.float32(1 / len(pictures))
    return np.asarray(across * share, np.float32), np.asarray(down * share, np.float32)


def usual_gradient(pictures: Sequence[Gray]) -> tuple[Field, Field, float]:
    """What is in the median of each pixel's gradients or in their mean, and how much of it an edge has."""
    each = [
        np.stack([np.rint(np.abs(field) * _STEPS).astype(np.uint8) for field in fields])
        for fields in zip(*(steepness(picture) for picture in pictures), strict=True)
    ]
    across, down = (np.empty(pictures[0].shape, np.float32) for _ in range(2))
    for usual, fields in zip((across, down), each, strict=True):
        for top in range(0, len(usual), _BAND):
            usual[top : top + _BAND] = np.median(fields[:, top : top + _BAND], axis=0) / _STEPS
    visible = max(_FAINTLY, _ABOVE_NOISE * float(np.median((across, down))))
    like = np.float32(visible / VISIBLE)
    for usual, mean in zip((across, down), mean_gradient(pictures), strict=True):
        np.maximum(usual, np.abs(mean) * like, out=usual)
    return across, down, visible
