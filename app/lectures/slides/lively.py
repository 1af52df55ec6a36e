"""What a stretch without a slide shows: somebody who speaks, or a video.

A camera before a presenter stands: whatever he does, the rim of the picture above and beside him stays what
it was. In a video it goes with every cut and every move of the camera. So somebody filmed with a moving or
a switched camera is called a video here, and a video of one still shot is called a presenter: faces are not
looked for.
"""

from __future__ import annotations

import numpy as np

from app.lectures.slides.frames import Gray
from app.lectures.slides.look import Mask

# The rim: shares of the width at either side, and of the height above.
_BESIDE, _ABOVE = 0.12, 0.1
# Luma by which what stays may differ; what is darker may be the bars around a film and says nothing.
_STAYS, _BAR = 22, 24
# Share of the rim that has stayed, in the median, where a camera stood.
_STOOD = 0.5


class Surroundings:
    """How much of the first picture's rim is still there in each later one."""

    def __init__(self, first: Gray) -> None:
        self._first, self._rim = first, _rim(first.shape)
        self._stayed: list[float] = []

    def see(self, gray: Gray) -> None:
        seen = self._rim & ((self._first >= _BAR) | (gray >= _BAR))
        if not seen.any():
            return
        apart = gray[seen].astype(np.int16) - self._first[seen]
        apart -= np.int16(np.median(apart))  # a camera adapts to the light
        self._stayed.append(float((np.abs(apart) <= _STAYS).mean()))

    @property
    def is_video(self) -> bool:
        """Whether they changed: in most of the pictures, little of them was left."""
        return bool(self._stayed) and float(np.median(self._stayed)) < _STOOD


def _rim(shape: tuple[int, ...]) -> Mask:
    rows, columns = shape
    rim = np.ones((rows, columns), bool)
    beside = round(_BESIDE * columns)
    rim[round(_ABOVE * rows) :, beside : columns - beside] = False
    # Below, a presenter's arms reach to the sides.
    rim[rows // 2 :] = False
    return rim
