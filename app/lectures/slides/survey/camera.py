"""Looks at a recording that was filmed with a camera: the projection straightened, held still, and without
the lecturer.

A camera's packets are never quiet, so everything is decoded. Each sample is straightened by where the
outline of the projection is in it, which takes out sway and bumps; what moves before the slide, and is no
change of the slide itself, is marked as moving.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import av
import cv2
import numpy as np

from app.lectures.slides.looks.frames import FrameSource, Gray
from app.lectures.slides.looks.look import Look
from app.lectures.slides.place.region import Region
from app.lectures.slides.place.straighten import straighten, tracked

# Seconds between samples; samples before and after a moment in which what changes is motion.
SAMPLE_S, _AROUND = 0.2, 3
# Straightened thumbs; pixels of luma of the frame that they are made from, about.
_WIDTH, _HEIGHT, _FRAME_PIXELS = 640, 360, 1280 * 720
# Luma by which a quarter-size pixel changes between samples that is more than a camera's noise.
_MOVED = 13
# Pixels of a quarter-size thumb: a stride between samples, gaps in a lecturer's outline that are closed,
# the rim added around him.
_STRIDE, _CLOSE, _RIM = np.ones((9, 9), np.uint8), np.ones((9, 9), np.uint8), np.ones((5, 5), np.uint8)
# Quarter-size pixels of the smallest thing that moves; below it is noise.
_SPECK = 6
# Of the way to the middle.
_INSET = 0.012


class CameraSurvey:
    """Looks in time order, straightened, SAMPLE_S apart. Holds some seven thumbs."""

    def __init__(self, source: FrameSource, region: Region) -> None:
        self._source, self._region = source, region

    def looks(self, start_s: float = 0.0) -> Iterator[Look]:
        """Looks from `start_s` to the end, or as far as the caller goes on reading."""
        window: deque[_Sample] = deque(maxlen=2 * _AROUND + 1)
        due_s = -math.inf
        for t, frame in self._source.span(start_s, math.inf):
            # Key frames are sampled too: a picture made from them takes little decoding.
            if t < due_s - 1e-3 and not frame.key_frame:
                continue
            due_s = t + SAMPLE_S
            window.append(_sample(t, self._straightened(frame), key=frame.key_frame))
            if len(window) > _AROUND:
                yield _look(window, len(window) - 1 - _AROUND)
        for i in range(max(0, len(window) - _AROUND), len(window)):
            yield _look(window, i)

    def _straightened(self, frame: av.VideoFrame) -> Gray:
        scale = min(1.0, math.sqrt(_FRAME_PIXELS / (frame.width * frame.height)))
        width, height = (round(side * scale / 2) * 2 for side in (frame.width, frame.height))
        gray = frame.reformat(width, height, "gray", interpolation="AREA").to_ndarray()
        small = cv2.resize(gray, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        corners = 2 * tracked(self._region, np.asarray(small, np.uint8)) + 0.5
        corners += _INSET * (corners.mean(0) - corners)  # the outline itself is no part of any slide
        smooth = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), np.uint8)
        return straighten(smooth, corners, _WIDTH, _HEIGHT)


@dataclass(frozen=True, eq=False)
class _Sample:
    t: float
    gray: Gray
    key: bool
    coarse: Gray


def _sample(t: float, gray: Gray, *, key: bool) -> _Sample:
    coarse = cv2.resize(gray, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return _Sample(t, gray, key, np.asarray(coarse, np.uint8))


def _look(window: deque[_Sample], i: int) -> Look:
    sample = window[i]
    lecturer = _lecturer([other.coarse for other in window], i)
    moving = cv2.resize(lecturer, sample.gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return Look(sample.t, sample.gray, moving.astype(bool), key=sample.key)


def _lecturer(thumbs: list[Gray], i: int) -> Gray:
    """What moves about moment `i` (1, else 0): what changes now here, now beside it.

    A slide changes all at once: before and after nothing changes near. Somebody walking changes the picture
    from step to step a little further on, though each pixel of it may change only once.
    """
    steps = [(cv2.absdiff(a, b) > _MOVED).view(np.uint8) for a, b in itertools.pairwise(thumbs)]
    near = [np.asarray(cv2.dilate(step, _STRIDE), np.uint8) for step in steps]
    moved = np.zeros(thumbs[0].shape, np.uint8)
    for k in range(max(0, i - _AROUND), min(len(steps), i + _AROUND)):
        beside = np.zeros(moved.shape, np.uint8)
        for other in (k - 2, k - 1, k + 1, k + 2):
            if 0 <= other < len(steps):
                beside |= near[other]
        moved |= steps[k] & beside
    closed = cv2.morphologyEx(moved, cv2.MORPH_CLOSE, _CLOSE)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros(moved.shape, np.uint8)
    for outline in outlines:
        hull = cv2.convexHull(outline)
        if cv2.contourArea(hull) >= _SPECK:
            cv2.fillConvexPoly(filled, hull, 1)
    return np.asarray(cv2.dilate(filled, _RIM), np.uint8)
