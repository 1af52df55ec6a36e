"""Writing each slide's picture at the recording's own resolution, upright and with square pixels."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.frames import FrameSource
from app.lectures.slides.parts import PartImage

# Slides compress well without loss; camera pictures do not, and their noise is not worth megabytes.
# On flat slides one plain filter is as small as the best of all for every row, at half the time.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
_LARGEST_PNG = 3_000_000
_JPEG_QUALITY = 95
_ROTATIONS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


def write_slide(source: FrameSource, time_s: float, name: str, out_dir: Path) -> PartImage | None:
    """`name`.png (or .jpg where PNG would be huge) of the frame shown at a time; None if it fails."""
    frame = source.frame_at(time_s)
    if frame is None:
        return None
    picture = upright(frame, source.pixel_aspect)
    file = f"{name}.png"
    _, data = cv2.imencode(".png", picture, _PNG)
    if len(data) > _LARGEST_PNG:
        file = f"{name}.jpg"
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    (out_dir / file).write_bytes(data.tobytes())
    return PartImage(file=file, width=picture.shape[1], height=picture.shape[0])


def upright(frame: av.VideoFrame, pixel_aspect: Fraction) -> NDArray[np.uint8]:
    """(rows, columns, BGR) as a player shows it: square pixels, turned by the display matrix."""
    picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    rows, columns = picture.shape[:2]
    if pixel_aspect != 1:
        # Widen or heighten, never shrink: no detail of the recording is lost.
        width = round(columns * max(pixel_aspect, Fraction(1)))
        height = round(rows / min(pixel_aspect, Fraction(1)))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    turn = _ROTATIONS.get(round(frame.rotation / 90) * 90 % 360)
    return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)
