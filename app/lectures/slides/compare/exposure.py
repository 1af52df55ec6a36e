"""A camera's exposure, which drifts: two looks are compared at that of one of them."""

from __future__ import annotations

import cv2
import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask

# Exposure of one look to another: at most this factor, measured on every n-th pixel that is no black.
_MOST_GAIN, _STEP, _NOT_BLACK, _FEWEST_PIXELS = 1.5, 3, 25, 200
# Share of the pixels that has to agree on it, within this factor.
_MOST, _ALIKE = 0.5, 0.08


def evened(look: Look, like: Look) -> Look:
    """The look at the other's exposure: by the median ratio of what both show."""
    gain = _gain(look.gray, like.gray, ~(look.moving | like.moving))
    if abs(gain - 1) < 0.004:
        return look
    gray = cv2.convertScaleAbs(look.gray, alpha=gain)
    return Look(look.t, np.asarray(gray, np.uint8), look.moving, look.key, look.alive)


def _gain(gray: Gray, like: Gray, shown: Mask) -> float:
    a, b = gray[::_STEP, ::_STEP], like[::_STEP, ::_STEP]
    use = shown[::_STEP, ::_STEP] & (a > _NOT_BLACK) & (b > _NOT_BLACK)
    if int(np.count_nonzero(use)) < _FEWEST_PIXELS:
        return 1.0
    ratios = b[use].astype(np.float32) / a[use]
    gain = float(np.median(ratios))
    agree = float((np.abs(ratios - gain) < _ALIKE * gain).mean())
    return gain if 1 / _MOST_GAIN < gain < _MOST_GAIN and agree > _MOST else 1.0
