"""Frames of a group of pictures, few and evenly apart."""

from __future__ import annotations

from collections.abc import Iterator

import av

from app.lectures.slides.looks.frames import FrameSource
from app.lectures.slides.looks.packets import PacketIndex

_SAMPLE_S = 0.16
# The last moment at which a frame that stands is looked at, before the next one.
JUST_BEFORE_S = 0.01


def sparse(
    source: FrameSource, packets: PacketIndex, start_s: float, end_s: float
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames after the key frame at `start_s`, about _SAMPLE_S apart.

    At a variable frame rate a frame may stand for seconds: it is taken again just before the next one,
    and none that stands is passed over.
    """
    due_s = start_s + _SAMPLE_S
    held: tuple[float, av.VideoFrame] | None = None
    every = packets.stands_between(start_s, end_s)
    for t, frame in source.span(start_s + 1e-2, end_s - 1e-2, every_frame=every):
        if held is not None and t - held[0] > 2 * _SAMPLE_S and not len(packets.inner(held[0], t)[0]):
            if held[0] < due_s:
                yield held
            yield t - JUST_BEFORE_S, held[1]
        held = (t, frame)
        if t >= due_s:
            due_s = t + _SAMPLE_S
            yield t, frame
    if held is not None and end_s - held[0] > 2 * _SAMPLE_S:
        if held[0] + _SAMPLE_S != due_s:
            yield held
        yield end_s - JUST_BEFORE_S, held[1]
