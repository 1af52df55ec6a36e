"""Writing each slide's picture at the recording's own resolution, upright and with square pixels."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.model import Value
from app.lectures.slides.looks.frames import FrameSource
from app.lectures.slides.looks.look import PNG, Mask
from app.lectures.slides.pictures.composite import averaged, exposed_like, patched
from app.lectures.slides.pictures.shots import Shot
from app.lectures.slides.pictures.unwritten import unwritten
from app.lectures.slides.place.crop import Crop
from app.lectures.slides.place.region import Region
from app.lectures.slides.place.straighten import evened_out, straighten, tracked, upright_size

# Slides compress well without loss; camera pictures do not, and their noise is not worth megabytes.
_LARGEST_PNG = 3_000_000
_JPEG_QUALITY = 95
# Frames of this size together are enough for one picture.
_MOST_BYTES = 40_000_000
# Pixels of width at which the outline of a filmed slide is looked for in a frame.
_TRACKED_WIDTH = 1280
_ROTATIONS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


class PartImage(Value):
    """A slide's picture, written by the part that saw it; `file` lies in the folder given to the part."""

    file: str
    width: int
    height: int
    annotated: str | None = None  # the same with what was written on it, where the picture is without
    frames_s: tuple[float, ...] = ()  # what it is made from


def write_slide(
    source: FrameSource,
    shots: Sequence[Shot],
    name: str,
    out_dir: Path,
    region: Region | None = None,
    *,
    steps: Sequence[float] = (),
    uncovered: Sequence[Shot] = (),
    crop: Crop | None = None,
    filmed: bool = False,
) -> PartImage | None:
    """`name`.png (or .jpg where PNG would be huge) put together from frames; None if none can be decoded.

    With a `region` the slide alone is written, straightened; with a `crop` (of a recording that was not
    filmed) what it cuts out. `filmed`: frames are averaged. What was written on the slide after `steps` (as
    in a state) is left out, if that leaves a slide; `name`_annotated has it then. What `uncovered` shows is
    laid over both.
    """
    made = _made(source, shots, region, filmed=filmed)
    if made is None:
        return None
    shown, rotation = made
    bare = None
    if steps and region is None and not filmed:
        bare = unwritten(source, steps, shown, shots[0])

    opened = [] if region is not None else _taken(source, uncovered, shown.shape)

    def finished(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        for frame, use in opened:
            np.copyto(picture, frame, where=use[..., None])
        return upright(picture if crop is None else crop.cut(picture), source.pixel_aspect, rotation)

    picture = finished(shown if bare is None else bare)
    file = _write(picture, name, out_dir)
    annotated = None if bare is None else _write(finished(shown), f"{name}_annotated", out_dir)
    return PartImage(
        file=file,
        width=picture.shape[1],
        height=picture.shape[0],
        annotated=annotated,
        frames_s=tuple(shot.t for shot in (*shots, *uncovered)),
    )


def _taken(
    source: FrameSource, shots: Sequence[Shot], shape: tuple[int, ...]
) -> list[tuple[NDArray[np.uint8], Mask]]:
    """The shots' frames with what to use of each; such of another shape are left out."""
    frames = [(shot, source.frame_at(shot.t)) for shot in sorted(shots, key=lambda shot: shot.t)]
    same = [(shot, frame) for shot, frame in frames if frame is not None and _size(frame) == shape[:2]]
    use = [~shot.mask(shape[:2]) for shot, _ in same]
    return [
        (np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), wanted)
        for (_, frame), wanted in zip(same, use, strict=True)
    ]


def _size(frame: av.VideoFrame) -> tuple[int, int]:
    return frame.height, frame.width


def _write(picture: NDArray[np.uint8], name: str, out_dir: Path) -> str:
    file = f"{name}.png"
    _, data = cv2.imencode(".png", picture, PNG)
    if len(data) > _LARGEST_PNG:
        file = f"{name}.jpg"
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    (out_dir / file).write_bytes(data.tobytes())
    return file


def _made(
    source: FrameSource, shots: Sequence[Shot], region: Region | None, *, filmed: bool
) -> tuple[NDArray[np.uint8], float] | None:
    """The picture, and by how many degrees its frames are turned."""
    pictures: list[NDArray[np.uint8]] = []
    hidden: list[Mask] = []
    frame: av.VideoFrame | None = None
    taken = {t: source.frame_at(t) for t in sorted({shot.t for shot in shots})}  # decoded in one go
    for shot in shots:
        shown = taken[shot.t]
        if shown is None:
            continue
        frame = shown
        picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
        if region is not None:
            size = pictures[0].shape[1::-1] if pictures else None
            picture = _slide_alone(picture, region, size)
        if pictures and picture.shape != pictures[0].shape:
            continue
        mask = shot.mask(picture.shape[:2])
        if pictures and filmed:
            picture = exposed_like(picture, pictures[0], ~(mask | hidden[0]))
        pictures.append(picture)
        hidden.append(mask)
        if len(pictures) * picture.size > _MOST_BYTES:
            break
    if frame is None:
        return None
    if len(pictures) > 1:
        pictures = [averaged(pictures, hidden) if filmed else patched(pictures, hidden)]
    if region is not None and filmed:
        pictures = [evened_out(pictures[0], region)]
    return pictures[0], frame.rotation


def _slide_alone(
    picture: NDArray[np.uint8], region: Region, size: tuple[int, ...] | None
) -> NDArray[np.uint8]:
    rows, columns = picture.shape[:2]
    scale = _TRACKED_WIDTH / columns
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    corners = (tracked(region, gray) + 0.5) * (columns / gray.shape[1], rows / gray.shape[0]) - 0.5
    width, height = size or upright_size(corners)
    return straighten(picture, corners, width, height)


def upright(picture: NDArray[np.uint8], pixel_aspect: Fraction, rotation: float) -> NDArray[np.uint8]:
    """(rows, columns, BGR) as a player shows it: square pixels, turned by the display matrix (degrees)."""
    rows, columns = picture.shape[:2]
    if pixel_aspect != 1:
        # Widen or heighten, never shrink: no detail of the recording is lost.
        width = round(columns * max(pixel_aspect, Fraction(1)))
        height = round(rows / min(pixel_aspect, Fraction(1)))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    turn = _ROTATIONS.get(round(rotation / 90) * 90 % 360)
    return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)
