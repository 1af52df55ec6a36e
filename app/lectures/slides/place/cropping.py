"""Deciding, once for a whole screen recording, whether and to what its slides' pictures are cropped.

A wrong crop is worse than none: whatever is not certain leaves the pictures whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import FrameSource, Gray, burst
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.place.bars import find_bars
from app.lectures.slides.place.crop import Box, Crop, crop_to
from app.lectures.slides.place.dark_rim import find_dark_rim
from app.lectures.slides.place.window import find_window

_FEWEST_MOMENTS = 3
# Proportions of slides, and by which share they may be missed once the sides are known to the pixel.
_ASPECTS, _SLACK = (16 / 9, 16 / 10, 4 / 3), 0.015
# Pixels of a thumb by which the rim around a rectangle may be missed.
_RIM_MISSED = 6
# Frames in which the sides are placed to the pixel.
_PLACED_IN = 8
# Of the strongest border near a side: the innermost as strong as this is where the slide begins.
_AS_STRONG = 0.5
# What moves: bursts of so many seconds, luma, share of the bursts, and the reach of gestures in pixels.
_BURST_S, _BURSTS, _MOVED, _OFTEN, _GESTURE = 1.0, 10, 12, 0.4, np.ones((31, 31), np.uint8)


def find_crop(source: FrameSource, times: NDArray[np.float64], moments: Sequence[Gray]) -> Crop | None:
    """Where the slides are in a recording of a screen, from thumbs of `moments` all over it.

    `times` are its key frames, in seconds. None: they fill the picture, or it is not certain where they are.
    """
    lit = [picture for picture in moments if picture.mean() >= 12 or picture.std() >= 8]
    frame = source.frame_at(float(times[0]))
    if len(lit) < _FEWEST_MOMENTS or frame is None:
        return None
    size, thumb = (frame.width, frame.height), (lit[0].shape[1], lit[0].shape[0])
    turned = round(frame.rotation / 90) % 2 == 1

    def aspect(box: Box, of: tuple[int, int]) -> float:
        """Of a box in a picture `of` this size, as a player shows it."""
        width = (box.right - box.left) * size[0] / of[0] * float(source.pixel_aspect)
        height = (box.bottom - box.top) * size[1] / of[1]
        return height / width if turned else width / height

    box = find_window(lit, lambda box: _misfit(aspect(box, thumb)), lambda: _moving(source, times))
    rim = find_dark_rim(lit)
    if rim is not None and (box is None or _reaches_over(box, rim)):
        # Cut by hand, a window has any proportions; dark all round, it needs none to be known.
        return crop_to(_placed(source, times, rim, thumb, size), size, lit)
    box = box or find_bars(lit)
    if box is None or _misfit(aspect(box, thumb)) > 2 * _SLACK:
        return None
    box = _placed(source, times, box, thumb, size)
    return crop_to(box, size, lit) if _misfit(aspect(box, size)) <= _SLACK else None


def _reaches_over(box: Box, rim: Box) -> bool:
    """Whether a rectangle has some of the rim in it."""
    over = (rim.left - box.left, rim.top - box.top, box.right - rim.right, box.bottom - rim.bottom)
    return max(over) > _RIM_MISSED


def _misfit(aspect: float) -> float:
    """Share by which width / height misses those of slides."""
    return min(abs(math.log(aspect / usual)) for usual in _ASPECTS)


def _moving(source: FrameSource, times: NDArray[np.float64]) -> Mask:
    """Where the picture often moves within a second: no slide does, and no title beside it."""
    bursts = [thumbs for t in _spread(times, _BURSTS) if (thumbs := burst(source, t, _BURST_S))]
    moved = [np.maximum.reduce([cv2.absdiff(thumbs[0], thumb) for thumb in thumbs]) for thumbs in bursts]
    often = (np.mean([far > _MOVED for far in moved], axis=0) >= _OFTEN).astype(np.uint8)
    return np.asarray(cv2.dilate(often, _GESTURE), np.uint8).astype(bool)


def _spread(times: NDArray[np.float64], count: int) -> list[float]:
    chosen = np.unique(np.linspace(0, len(times) - 1, count).round().astype(int))
    return [float(t) for t in times[chosen]]


def _placed(
    source: FrameSource, times: NDArray[np.float64], box: Box, of: tuple[int, int], size: tuple[int, int]
) -> Box:
    """A box of thumbs `of` one size to the pixel of frames of another: where these have their borders."""
    scale = np.array(size, np.float64) / of
    rough = [round(side * scale[i % 2]) for i, side in enumerate(box)]
    reach = math.ceil(1.5 * scale.max()) + 1
    strengths = np.zeros((4, 2 * reach + 1))
    for t in _spread(times, _PLACED_IN):
        frame = source.frame_at(t)
        if frame is not None and (frame.width, frame.height) == size:
            picture = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            strengths = strengths + _strengths(picture, rough, reach)
    placed = []
    for i, side in enumerate(rough):
        if side in (0, size[i % 2]):
            placed.append(side)
            continue
        strong = np.flatnonzero(strengths[i] >= _AS_STRONG * strengths[i].max())
        placed.append(side - reach + int(strong[-1] if i < 2 else strong[0]))
    return Box(*placed)


def _strengths(picture: Gray, box: list[int], reach: int) -> NDArray[np.float64]:
    """(4, places): how unlike the lines on both sides of each place are, `reach` about each side."""
    found = np.zeros((4, 2 * reach + 1))
    for i, side in enumerate(box):
        lines = picture.T if i % 2 == 0 else picture
        start, end = (box[1], box[3]) if i % 2 == 0 else (box[0], box[2])
        for k in range(2 * reach + 1):
            at = side - reach + k
            if 0 < at < len(lines):
                found[i, k] = cv2.absdiff(lines[at, start:end], lines[at - 1, start:end]).mean()
    return found
