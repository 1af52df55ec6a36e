"""Pictures and sound into an MP4 file: H.264 by x264, AAC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # height x width x RGB
Sound = NDArray[np.float32]  # mono, -1..1
TICKS = 512  # of the clock in one frame


class Repeat(Enum):
    """Instead of a picture: what was shown still is."""

    ENCODED = "a frame like the one before"
    LEFT_OUT = "no frame: the recording has a variable frame rate"


@dataclass(frozen=True)
class Coding:
    """How the picture is compressed. `scenecut` 0 puts no key frame at a change of slide."""

    fps: int = 30
    keyint: int = 250
    crf: int = 28
    preset: str = "veryfast"
    scenecut: int | None = None
    threads: int = 2

    def options(self) -> dict[str, str]:
        given = {"crf": str(self.crf), "preset": self.preset, "g": str(self.keyint)}
        given["keyint_min"] = str(min(25, self.keyint))
        if self.scenecut is not None:
            given["sc_threshold"] = str(self.scenecut)
        return given


def write(
    path: Path,
    size: tuple[int, int],
    coding: Coding,
    pictures: Iterable[Picture | Repeat],
    sound: Iterator[Sound],
    rate: int,
) -> int:
    """Encode one item of `pictures` a frame time; returns how many frames there are in the file.

    `size` is (width, height) in pixels; `sound` comes in blocks of one second at `rate` samples a second.
    """
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=coding.fps, options=coding.options())
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, coding.fps * TICKS)
        video.codec_context.gop_size = coding.keyint
        video.codec_context.thread_count = coding.threads
        audio = container.add_stream("aac", rate=48000, layout="mono")
        audio.bit_rate = 64_000
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=48000)
        frame: av.VideoFrame | None = None
        encoded = 0
        for number, picture in enumerate(pictures):
            if number % coding.fps == 0 and (block := next(sound, None)) is not None:
                for piece in resampler.resample(_heard(block, rate, number // coding.fps * rate)):
                    container.mux(audio.encode(piece))
            if picture is Repeat.LEFT_OUT:
                continue
            if isinstance(picture, np.ndarray):
                planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.time_base = Fraction(1, coding.fps * TICKS)
            if frame is None:
                raise ValueError("the first item has to be a picture")
            frame.pts = number * TICKS  # the encoder has its own copy of a frame that comes again
            container.mux(video.encode(frame))
            encoded += 1
        container.mux(video.encode(None))
        for piece in resampler.resample(None):
            container.mux(audio.encode(piece))
        container.mux(audio.encode(None))
    return encoded


def _heard(block: Sound, rate: int, first: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(block).reshape(1, -1), format="fltp", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
    return frame


def murmur(duration_s: float, seed: int, rate: int = 22050) -> Iterator[Sound]:
    """Brown noise that swells four times a second, by the second: a voice of which no word is heard."""
    chance, level = np.random.default_rng(seed), 0.0
    for second in range(int(np.ceil(duration_s))):
        length = round(min(1.0, duration_s - second) * rate)
        if not length:
            return
        steps = chance.normal(0, 0.01, length)
        noise = np.empty(length)
        for first in range(0, length, 512):  # leaks to zero block by block, so that it does not walk away
            part = level + np.cumsum(steps[first : first + 512])
            noise[first : first + 512] = part
            level = float(part[-1]) * 0.8
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(length) / rate)
        yield np.clip(noise * swell, -0.5, 0.5).astype(np.float32)
