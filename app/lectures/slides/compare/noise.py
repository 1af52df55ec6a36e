"""Where two pictures differ by more than the picture does by itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask

# Pixels: fewer changed ones than the strokes of one small digit are nothing.
FEWEST = 26


@dataclass(frozen=True)
class Noise:
    """What the picture does by itself: `threshold` in luma, `reach` in pixels that edges wander."""

    threshold: int = 22
    reach: int = 0

    @property
    def is_filmed(self) -> bool:
        return self.reach > 0


def differs(a: Gray, b: Gray, noise: Noise) -> Mask:
    """Pixels in which two thumbs differ by more than the picture's own noise."""
    if not noise.reach:
        far: Mask = cv2.absdiff(a, b) > noise.threshold
        return far
    size = 2 * noise.reach + 1
    kernel = np.ones((size, size), np.uint8)
    return _outside(a, b, kernel, noise) | _outside(b, a, kernel, noise)


def _outside(a: Gray, b: Gray, kernel: NDArray[np.uint8], noise: Noise) -> Mask:
    """Where `a` is neither as dark nor as bright as anything near that place in `b`."""
    brightest, darkest = cv2.dilate(b, kernel), cv2.erode(b, kernel)
    outside: Mask = (cv2.subtract(a, brightest) > noise.threshold) | (
        cv2.subtract(darkest, a) > noise.threshold
    )
    return outside
