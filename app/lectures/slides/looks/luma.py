"""A frame's luma, small."""

from __future__ import annotations

from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

# Layouts whose first plane is luma, a byte a pixel: the thumb is taken right there.
_LUMA_FIRST = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21"}
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
# Luma of video is 16..235 (ITU-R BT.601 and on).
_WIDENED = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


def luma_of(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """(rows, columns) of 0..255, scaled to a size and lightly smoothed."""
    if frame.format.name not in _LUMA_FIRST:
        gray = frame.reformat(width, height, "gray", interpolation="AREA").to_ndarray()
        return np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), np.uint8)
    plane = frame.planes[0]
    # The plane is a buffer, which type checkers know of Python 3.12 only.
    luma = np.frombuffer(cast(bytes, plane), np.uint8).reshape(-1, plane.line_size)[
        : frame.height, : frame.width
    ]
    if luma.shape == (3 * height, 3 * width):  # 1080p: the same mean, computed in half the time
        thumb = cv2.boxFilter(luma, -1, (3, 3))[1::3, 1::3]
    else:
        thumb = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    thumb = cv2.GaussianBlur(thumb, (3, 3), 0)
    if frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE:
        return np.asarray(thumb, np.uint8)
    return np.asarray(cv2.LUT(thumb, _WIDENED), np.uint8)
