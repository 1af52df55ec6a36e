"""One short lecture in many formats: the same slides at the same times, encoded and wrapped in many ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, add_silence, shown, slide, with_pointer

from app.lectures.model import SlideExtraction

FPS, SECONDS = 10, 12.0


def _marked(title: str, lines: Sequence[str]) -> Picture:
    """A slide that tells left from right, top from bottom and red from blue."""
    picture = slide(title, lines)
    cv2.rectangle(picture, (0, HEIGHT - 24), (64, HEIGHT), (200, 30, 30), -1)
    cv2.rectangle(picture, (WIDTH - 24, HEIGHT - 24), (WIDTH, HEIGHT), (30, 30, 200), -1)
    return picture


A = _marked("Motivation", ["Aggregate demand", "Price stickiness"])
B = _marked("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum: 0.9"])
C = _marked("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])
CUTS = ((0.0, A), (3.3, B), (6.2, C), (9.4, A))
TIMES = ([(0.0, 3.3), (9.4, SECONDS)], [(3.3, 6.2)], [(6.2, 9.4)])


def lecture(t: float) -> Picture:
    return with_pointer(shown(*CUTS)(t), round(320 + 200 * np.sin(t)), round(200 + 100 * np.cos(1.3 * t)))


@dataclass(frozen=True)
class Format:
    """How to encode: PyAV names. `times`: seconds at which a frame is shown (default: FPS a second)."""

    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    size: tuple[int, int] = (WIDTH, HEIGHT)
    container: dict[str, str] = field(default_factory=dict)
    times: Sequence[float] | None = None
    fps: Fraction = Fraction(FPS)
    first_s: float = 0.0
    silence_s: float = 0.0
    pixel_aspect: Fraction | None = None
    full_range: bool = False
    interlaced: bool = False  # each other row is of half a frame later, as cameras for broadcast record
    bar: int = 0  # rows of grey above and below the picture


X264 = {"preset": "ultrafast", "crf": "20"}


def encode(path: Path, how: Format, seen: Callable[[float], Picture] = lecture) -> Path:
    """The lecture (or what is `seen` instead) in a format; `silence_s` of sound beside it, from 0 on."""
    with av.open(str(path), "w", options=how.container) as container:
        stream = container.add_stream(how.codec, rate=how.fps)
        (stream.width, stream.height), stream.pix_fmt = how.size, how.pixels
        stream.height += 2 * how.bar
        if how.times is not None or how.first_s:
            stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {**(X264 if how.codec == "libx264" else {}), **how.options}
        if how.pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = how.pixel_aspect
        if how.full_range:
            stream.codec_context.color_range = 2
        sound = container.add_stream("aac", rate=16_000) if how.silence_s else None
        for t in how.times or [i / how.fps for i in range(round(SECONDS * how.fps))]:
            container.mux(stream.encode(_frame(float(t), how, seen)))
        container.mux(stream.encode(None))
        if sound is not None:
            add_silence(container, sound, how.silence_s)
    return path


def _frame(t: float, how: Format, seen: Callable[[float], Picture]) -> av.VideoFrame:
    picture = seen(t)
    if how.interlaced:
        picture = picture.copy()
        picture[1::2] = seen(t + 0.5 / float(how.fps))[1::2]
    if how.size != (WIDTH, HEIGHT):
        picture = cv2.resize(picture, how.size, interpolation=cv2.INTER_AREA)
    picture = np.pad(picture, ((how.bar, how.bar), (0, 0), (0, 0)), constant_values=128)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    if how.full_range:
        frame = frame.reformat(format=how.pixels, dst_color_range="JPEG")
    unit = Fraction(1, 1000) if how.times is not None or how.first_s else 1 / how.fps
    frame.pts, frame.time_base = round((t + how.first_s) / unit), unit
    return frame


def remux(path: Path, sources: Iterable[Path], *, shift_s: float = 0.0, **options: str) -> Path:
    """The pictures of each source as a stream of its own, packets as they are but `shift_s` later."""
    opened = [av.open(str(source)) for source in sources]
    with av.open(str(path), "w", options=options) as out:
        pairs = [(one, out.add_stream_from_template(one.streams.video[0])) for one in opened]
        for one, stream in pairs:
            for packet in one.demux(one.streams.video[0]):
                if packet.dts is None:
                    continue
                ticks = round(shift_s / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + ticks, packet.dts + ticks, stream
                out.mux(packet)
    for one in opened:
        one.close()
    return path


def check(
    found: SlideExtraction,
    folder: Path,
    *,
    times: Sequence[Sequence[tuple[float, float]]] = TIMES,
    within: float = 1.01 / FPS,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    alike: float = 0.005,
    bar: int = 0,
) -> None:
    """Three slides at their times, each pictured upright at `size` in its colours."""
    got = [[(i.start_s, i.end_s) for i in one.intervals] for one in found.slides]
    assert got == [[pytest.approx(pair, abs=within) for pair in pairs] for pairs in times]
    for one, true in zip(found.slides, (A, B, C), strict=True):
        picture = cv2.imread(str(folder / one.image))
        assert picture is not None
        assert picture.shape[1::-1] == size == (one.width, one.height)
        again = cv2.resize(picture[bar : size[1] - bar], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        differs = cv2.absdiff(cv2.cvtColor(again, cv2.COLOR_BGR2RGB), true).max(axis=2) > 60
        assert float(differs.mean()) < alike
