"""What moves by itself: the speaker's box, an embedded video, a presenter, sensor noise.

A fraction of a second is decoded here and there ("probe"); what changes within it is motion, since
slides stand still and cursors are small.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.slides.compare import Noise
from app.lectures.slides.frames import Gray
from app.lectures.slides.look import Mask

PROBE_S = 0.45
# A speaker may sit still for some seconds: what moved lately still counts as moving.
_MEMORY_S = 9.0
_JOIN = np.ones((17, 17), np.uint8)
# After joining, in pixels of a thumb: a pointer stays below, the smallest speaker's box is above.
_SMALLEST_BOX = 2500
_MARGIN = 4
_LOUD_NOISE = 2.5
# Spread of a dissolve's steps relative to the largest; for things that move it is near 1 or above.
_EVEN_STEPS = 0.5
# Share of the picture in motion boxes above which it shows a presenter or a film, not a slide with a video.
_ALIVE = 0.3


def fills_picture(moved: Mask) -> bool:
    return float(boxes(moved).mean()) > _ALIVE


def boxes(moved: Mask) -> Mask:
    """The moving pixels joined into filled bounding boxes; what is as small as a pointer is left out."""
    joined = cv2.dilate(moved.astype(np.uint8), _JOIN)
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    filled = np.zeros(moved.shape, bool)
    for x, y, width, height, area in stats[1:count].tolist():
        if area > _SMALLEST_BOX:
            top, left = max(0, y - _MARGIN), max(0, x - _MARGIN)
            filled[top : y + height + _MARGIN, left : x + width + _MARGIN] = True
    return filled


def restless(thumbs: Sequence[Gray], threshold: int, *, share: float = 0.5) -> Mask:
    """Pixels that change between at least `share` of neighbouring thumbs: motion, not one change (a cut)."""
    counts = np.zeros(thumbs[0].shape, np.uint16)
    for one, other in itertools.pairwise(thumbs):
        counts += cv2.absdiff(one, other) > threshold
    often: Mask = counts >= max(2, math.ceil(share * (len(thumbs) - 1)))
    return often


def is_dissolve(thumbs: Sequence[Gray], moved: Mask) -> bool:
    """Whether the moving pixels all change by even steps, as when one picture fades into another."""
    if len(thumbs) < 3 or not moved.any():
        return False
    levels = np.stack([thumb[moved] for thumb in thumbs]).astype(np.int16)
    steps = np.diff(levels, axis=0)
    steps *= np.sign(levels[-1] - levels[0]).astype(np.int16)
    unevenness = (steps.max(0) - steps.min(0)) / np.maximum(np.abs(steps).max(0), 1)
    return float(np.median(unevenness)) < _EVEN_STEPS


def measure_noise(probes: Sequence[Sequence[Gray]]) -> Noise:
    """The noise of the picture from short bursts of thumbs taken here and there in the recording."""
    levels = [
        float(np.percentile(cv2.absdiff(thumbs[0], thumbs[-1]), 60)) for thumbs in probes if len(thumbs) > 1
    ]
    level = float(np.percentile(levels, 40)) if levels else 0.0
    return Noise(threshold=max(22, round(5 * level + 14)), reach=1 if level > _LOUD_NOISE else 0)


class MotionMemory:
    """What moved during the last seconds, in time order."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Mask]] = deque()

    def add(self, t: float, moved: Mask) -> None:
        self._seen.append((t, moved))
        while self._seen and self._seen[0][0] < t - _MEMORY_S:
            self._seen.popleft()

    def forget(self) -> None:
        self._seen.clear()

    @property
    def last_s(self) -> float:
        return self._seen[-1][0] if self._seen else -math.inf

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Everything remembered, as boxes."""
        union = np.zeros(shape, bool)
        for _, moved in self._seen:
            union |= moved
        return boxes(union)
