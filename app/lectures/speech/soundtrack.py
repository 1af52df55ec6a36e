"""The sound track of an open recording as a gapless run of 16 kHz mono samples."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from app.lectures import media
from app.lectures.speech.values import SAMPLE_RATE

Samples = NDArray[np.int16]

_JITTER = SAMPLE_RATE // 12  # containers round time stamps; below 80 ms nobody hears a shift
_LONGEST_GAP = 3600 * SAMPLE_RATE  # a jump beyond an hour is a broken clock, not a pause


def sound_blocks(container: InputContainer) -> Iterator[tuple[int, Samples]]:
    """Contiguous blocks of at most a second or so: (first sample on the presentation clock, samples).

    Gaps in the time stamps are filled with silence and overlaps cut, so that sample / 16000 stays
    the second on the clock for hours. Damaged packets are passed over.
    """
    stream = media.sound_stream(container)
    if stream is None:
        return
    origin = media.clock_origin(container)
    position: int | None = None
    correction = 0
    for frame in _resampled(container, stream):
        samples = np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1)
        stamp = None if frame.time is None else round((frame.time - origin) * SAMPLE_RATE) + correction
        if position is None:
            position = stamp or 0
        gap = 0 if stamp is None else stamp - position
        if abs(gap) > _LONGEST_GAP:
            correction -= gap
        elif gap > _JITTER:
            yield from _silence(position, gap)
            position += gap
        elif gap < -_JITTER:
            samples = samples[-gap:]
        if len(samples):
            yield position, samples
            position += len(samples)


def _silence(position: int, length: int) -> Iterator[tuple[int, Samples]]:
    for begin in range(0, length, SAMPLE_RATE):
        yield position + begin, np.zeros(min(SAMPLE_RATE, length - begin), np.int16)


def _resampled(container: InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    resampler, shape = None, None
    for frame in _decoded(container, stream):
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            # Broadcasts switch between stereo and mono in mid-stream; a resampler is made for one shape.
            if resampler is not None:
                yield from resampler.resample(None)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        if resampler is not None:
            yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)


def _decoded(container: InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    try:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                continue
    except av.error.FFmpegError:
        return  # a damaged tail; `media.probe` has already warned
