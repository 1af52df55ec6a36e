"""Pictures of slides, and short recordings of them with known times, made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 360


def slide(title: str, lines: Sequence[str] = ()) -> Picture:
    """(rows, columns, RGB): dark text on white."""
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.putText(picture, title, (30, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 40, 90), 2, cv2.LINE_AA)
    for i, line in enumerate(lines):
        place = (50, 100 + 45 * i)
        cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (30, 30, 30), 1, cv2.LINE_AA)
    return picture


def graph(title: str, nodes: int, *, seed: int) -> Picture:
    """A slide whose only content is a graph, laid out at random."""
    picture = slide(title)
    places = np.random.default_rng(seed).integers((60, 90), (580, 310), (nodes, 2))
    cv2.polylines(picture, [places.astype(np.int32)], False, (30, 30, 30), 2, cv2.LINE_AA)
    for i, (x, y) in enumerate(places.tolist()):
        cv2.circle(picture, (x, y), 23, (200, 60, 30), -1, cv2.LINE_AA)
        cv2.putText(picture, f"v{i}", (x - 11, y + 6), 0, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return picture


def with_pointer(picture: Picture, x: int, y: int) -> Picture:
    shown = picture.copy()
    arrow = np.array([(x, y), (x, y + 11), (x + 3, y + 8), (x + 7, y + 8)])
    cv2.fillPoly(shown, [arrow], (255, 255, 255))
    cv2.polylines(shown, [arrow], True, (0, 0, 0), 1, cv2.LINE_AA)
    return shown


def with_ink(picture: Picture, share: float) -> Picture:
    """A red line drawn across, as far as `share` of its length."""
    shown = picture.copy()
    x = np.arange(100, 100 + round(400 * share) + 2)
    points = np.stack([x, 230 + 20 * np.sin(x / 20)], axis=1).astype(np.int32)
    cv2.polylines(shown, [points], False, (210, 30, 30), 2, cv2.LINE_AA)
    return shown


def with_speaker(picture: Picture, t: float) -> Picture:
    """A box in the corner in which somebody moves."""
    shown = picture.copy()
    box = shown[HEIGHT - 90 : HEIGHT - 10, WIDTH - 150 : WIDTH - 10]
    box[:] = (90, 110, 100)
    x = round(70 + 25 * np.sin(2.1 * t))
    cv2.circle(box, (x, 35), 22, (220, 180, 150), -1, cv2.LINE_AA)
    cv2.ellipse(box, (x, 44), (9, 1 + round(5 * abs(np.sin(7 * t)))), 0, 0, 360, (90, 30, 30), -1)
    return shown


def presenter(t: float) -> Picture:
    """Somebody in front of a camera, no slide anywhere: no two places have the same brightness."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([(rows * 0.3 + columns * 0.25 + 20 * c) % 256 for c in range(3)], axis=2).astype(
        np.uint8
    )
    x = round(320 + 60 * np.sin(1.7 * t))
    cv2.ellipse(picture, (x, 340), (170, 130), 0, 0, 360, (50, 90, 160), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, 140 + round(8 * np.sin(3 * t))), 80, (225, 185, 150), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, 175), (30, 3 + round(14 * abs(np.sin(6 * t)))), 0, 0, 360, (110, 40, 40), -1)
    return picture


def shown(*parts: tuple[float, Picture]) -> Callable[[float], Picture]:
    """A script: each picture with the second at which it appears."""

    def at(t: float) -> Picture:
        return [picture for start_s, picture in parts if start_s <= t + 1e-6][-1]

    return at


def record(
    path: Path,
    script: Callable[[float], Picture],
    seconds: float,
    *,
    fps: int = 10,
    gop: int = 40,
    first_s: float = 0.0,
    sound: bool = False,
    pixel_aspect: Fraction | None = None,
    times: Sequence[float] | None = None,
    keys: Sequence[float] = (),
) -> Path:
    """Encode script(t) in H.264, as large as its pictures. `first_s`: pts of t = 0.

    `times`: show frames only then (variable rate);
    `keys`: when there are key frames besides those that come regularly.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = script(0.0).shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        regular = {"g": str(gop), "keyint_min": "1", "forced-idr": "1"}
        stream.options = {"preset": "ultrafast", "crf": "20", **regular}
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        audio = container.add_stream("aac", rate=16_000) if sound else None
        for t in times if times is not None else [i / fps for i in range(round(seconds * fps))]:
            frame = av.VideoFrame.from_ndarray(script(t), format="rgb24")
            frame.pts, frame.time_base = round((t + first_s) * 1000), Fraction(1, 1000)
            if t in keys:
                frame.pict_type = PictureType.I
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            add_silence(container, audio, seconds + first_s)
    return path


def add_silence(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    for start in range(0, round(seconds * 16_000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def gray(picture: Picture) -> Gray:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def look(picture: Picture, t: float = 0.0, moving: Mask | None = None, *, alive: bool = False) -> Look:
    still = np.zeros(picture.shape[:2], bool)
    return Look(t, gray(picture), still if moving is None else moving, alive=alive)
