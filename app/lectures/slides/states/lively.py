"""What a stretch without a slide shows: somebody who speaks, or a video.

A camera before a presenter stands: whatever he does, the rim of the picture above and beside him stays what
it was. In a video it goes with every cut and every move of the camera. So somebody filmed with a moving or
a switched camera is called a video here, and a video of one still shot is called a presenter: faces are not
looked for.
"""

from __future__ import annotations

import cv2
import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask

# The rim: shares of the width at either side, and of the height above.
_BESIDE, _ABOVE = 0.12, 0.1
# Luma by which what stays may differ; what is darker may be the bars around a film and says nothing.
_STAYS, _BAR = 22, 24
# Share of the rim that stays where a camera stands; percentage of the pictures in which it may not have.
_STOOD, _MAY_MISS = 0.5, 25
# A passage into a scene takes no longer (seconds).
_PASSAGE_S = 1.0
# Seconds for which somebody filmed may keep still; how long before a scene was as it is told by. (In a
# dissolve the next slide is seen already while much moves.)
_LONGEST_STILL_S, _AS_BEFORE_S = 4.5, 2.0
# Share of the picture that is another when somebody moves on; what stays may differ by _STAYS.
_MOVED_ON = 0.25
# Share of a picture that has about one brightness, on a slide.
_PLAIN = 0.3


class Scene:
    """What is filmed: whether it is a video, and whether it goes on while hardly anything moves in it."""

    def __init__(self, first: Look) -> None:
        self._began_s = self._moved_s = first.t
        self._first, self._rim = first.gray, _rim(first.gray.shape)
        self._stayed: list[float] = []
        self._before = self._next = first

    def see(self, look: Look) -> None:
        if look.alive:
            self._moved_s = look.t
            if look.t - self._next.t >= _AS_BEFORE_S:
                self._before, self._next = self._next, look
        if look.t - self._began_s <= _PASSAGE_S:
            self._first = look.gray
            return
        gray = look.gray
        seen = self._rim & ((self._first >= _BAR) | (gray >= _BAR))
        if not seen.any():
            return
        apart = gray[seen].astype(np.int16) - self._first[seen]
        apart -= np.int16(np.median(apart))  # a camera adapts to the light
        self._stayed.append(float((np.abs(apart) <= _STAYS).mean()))

    @property
    def is_video(self) -> bool:
        """Whether its surroundings changed: in many of the pictures, little of the first one's was left."""
        return bool(self._stayed) and float(np.percentile(self._stayed, _MAY_MISS)) < _STOOD

    def goes_on_in(self, look: Look) -> bool:
        """Whether a look in which hardly anything moves is of this all the same: nobody always moves."""
        if look.t - self._moved_s > _LONGEST_STILL_S or look.is_black or is_plain(look.gray):
            return False
        return is_of_one_scene(self._before, look)


def is_of_one_scene(one: Look, other: Look) -> bool:
    """Whether most of the picture is the same in both."""
    return float((cv2.absdiff(one.gray, other.gray) > _STAYS).mean()) <= _MOVED_ON


def is_plain(gray: Gray) -> bool:
    """Whether much of a picture has about one brightness, as the ground of most slides does."""
    levels = np.bincount(gray[::2, ::2].ravel(), minlength=256) / gray[::2, ::2].size
    return float(np.convolve(levels, np.ones(5), "same").max()) >= _PLAIN


def _rim(shape: tuple[int, ...]) -> Mask:
    rows, columns = shape
    rim = np.ones((rows, columns), bool)
    beside = round(_BESIDE * columns)
    rim[round(_ABOVE * rows) :, beside : columns - beside] = False
    # Below, a presenter's arms reach to the sides.
    rim[rows // 2 :] = False
    return rim
