"""A spoken fixture, and recordings made of samples."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.lectures.speech.values import SAMPLE_RATE

FIXTURES = Path(__file__).parents[2] / "fixtures" / "speech"
LECTURE = FIXTURES / "lecture.ogg"  # 39 s of a synthetic voice reading lecture.txt

Samples = NDArray[np.int16]


def lecture_samples() -> Samples:
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(LECTURE)) as container:
        blocks = [
            out.to_ndarray() for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
        blocks += [out.to_ndarray() for out in resampler.resample(None)]
    return np.concatenate(blocks, axis=1).reshape(-1)


def write_sound(
    path: Path, parts: list[tuple[float, Samples]], *, video_s: float = 0.0, codec: str = "aac"
) -> Path:
    """A file whose sound is `parts` at their seconds, with a picture of `video_s` seconds from 0 if any."""
    with av.open(str(path), "w") as out:
        sound = out.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        if video_s:
            picture = out.add_stream("mpeg4", rate=5)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
            for number in range(round(video_s * 5)):
                frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                frame.pts = number
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        for start_s, samples in parts:
            for begin in range(0, len(samples), 1024):
                block = np.ascontiguousarray(samples[None, begin : begin + 1024])
                tone = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                tone.sample_rate = SAMPLE_RATE
                tone.pts = round(start_s * SAMPLE_RATE) + begin
                out.mux(sound.encode(tone))
        out.mux(sound.encode(None))
    return path


def plain(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("-", " ")).split()


def word_error(truth: list[str], heard: list[str]) -> float:
    """Levenshtein distance over words, as a share of the truth."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(truth, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1] / len(truth)
