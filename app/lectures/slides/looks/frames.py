"""Decoding as little as possible: key frames alone, or a short span from the key frame before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from app.errors import BadMedia
from app.lectures.media import clock_origin, open_media, picture_stream, read_alone
from app.lectures.slides.looks.luma import luma_of
from app.lectures.slides.looks.packets import PacketIndex

Gray = NDArray[np.uint8]
"""A thumb: (rows, columns) of luma 0..255; every recording's has about THUMB_PIXELS pixels."""

THUMB_PIXELS = 640 * 360
# Parts of a recording are read side by side instead: threads of one decoder cost a quarter more work, and
# memory at 1080p.
_THREADS = 1
_EPSILON_S = 1e-3
# Seconds before the place sought when a search ended behind it; doubled each time.
_STEP_BACK_S = 1.0


class FrameSource:
    """One open decoder on a recording's picture stream; times are on the presentation clock.

    One is enough: a container's index of hours and a decoder's pictures take tens of megabytes. With
    `packets`, `frame_at` and `key_frames` go on from where they stand and decode nothing anew.
    """

    def __init__(self, path: Path, packets: PacketIndex | None = None) -> None:
        self._container = open_media(path)
        stream = picture_stream(self._container)
        if stream is None:
            self._container.close()
            raise BadMedia("This file holds no moving pictures.")
        self._stream = stream
        read_alone(self._container, stream)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _THREADS
        # That of AV1 heeds only now what to skip, for ever.
        stream.codec_context.skip_frame = "NONREF"
        with suppress(av.error.FFmpegError):  # then nothing will be decoded
            stream.codec_context.open(strict=False)
        self._packets = packets
        self._walk: Iterator[tuple[float, av.VideoFrame]] = iter(())
        self._shown: tuple[float, av.VideoFrame] | None = None  # by `frame_at`
        self._next: tuple[float, av.VideoFrame] | None = None
        self._seeks = 0
        self._base = float(stream.time_base or 1 / 90_000)
        self._origin = clock_origin(self._container)
        self.pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
        self.frame_s = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        scale = math.sqrt(THUMB_PIXELS / max(1, stream.width * stream.height))
        self._thumb_width, self._thumb_height = (
            max(16, round(side * scale / 2) * 2) for side in (stream.width, stream.height)
        )

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A decoder that walks refers to its source: without this, its frames would wait for the collector.
        self._walk, self._shown, self._next = iter(()), None, None
        self._container.close()

    def key_frames(self, least_gap_s: float, start_s: float = 0.0) -> Iterator[tuple[float, av.VideoFrame]]:
        """Key frames at least `least_gap_s` apart, in order, the first at or after `start_s`.

        Between two of them other frames may be read. A recording trimmed without encoding it anew begins
        between key frames: what it shows first, though no key frame, is the first of all then.
        """
        if start_s <= 0:
            self._stream.codec_context.skip_frame = "DEFAULT"
            first = next(self._decode_from(0.0), None)
            if first is not None and not first[1].key_frame:
                yield first
        next_s = start_s if start_s > 0 else -math.inf
        from_s: float | None = start_s
        while from_s is not None:
            self._stream.codec_context.skip_frame = "NONKEY"
            frames, from_s = self._decode_from(from_s, keys_only=True), None
            for t, frame in frames:
                if t >= next_s - _EPSILON_S:
                    next_s = t + least_gap_s
                    seeks = self._seeks
                    yield t, frame
                    if self._seeks != seeks:  # others were read: on from the next one
                        from_s = self._key_from(next_s, t)
                        break

    def span(
        self, start_s: float, end_s: float, *, every_frame: bool = False
    ) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames of [start, end] in order; unless `every_frame`, without those no other frame refers to."""
        self._walk, self._shown, self._next = iter(()), None, None
        self._stream.codec_context.skip_frame = "DEFAULT" if every_frame else "NONREF"
        for t, frame in self._decode_from(start_s):
            if t > end_s + _EPSILON_S:
                return
            if t >= start_s - _EPSILON_S:
                yield t, frame

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The frame that is shown at a time; None when nothing there can be decoded. Cheap in time order."""
        key_s = self._key_before(time_s)
        if abs(key_s - time_s) <= _EPSILON_S and (alone := self._key_at(key_s)) is not None:
            return alone
        # Most looks were taken at frames that others refer to: those alone decode twice as fast.
        stands = self._packets is not None and self._packets.stands_between(key_s, time_s)
        for every_frame in (True,) if stands else (False, True):
            shown = self._walk_to(time_s, every_frame)
            if shown is not None and shown[0] >= time_s - _EPSILON_S:
                break
        return None if shown is None else shown[1]

    def _key_at(self, time_s: float) -> av.VideoFrame | None:
        """A key frame, alone: among others it would come only once some later ones were decoded."""
        if self._shown is not None and abs(self._shown[0] - time_s) <= _EPSILON_S:
            return self._shown[1]
        self._walk, self._shown, self._next = iter(()), None, None
        self._stream.codec_context.skip_frame = "NONKEY"
        found = next(self._decode_from(time_s, keys_only=True), None)
        return None if found is None or abs(found[0] - time_s) > _EPSILON_S else found[1]

    def _walk_to(self, time_s: float, every_frame: bool) -> tuple[float, av.VideoFrame] | None:
        """The last frame up to a time; unless `every_frame`, of those that others refer to."""
        skip: Literal["DEFAULT", "NONREF"] = "DEFAULT" if every_frame else "NONREF"
        on_the_way = self._shown is not None and self._key_before(time_s) <= self._shown[0] <= time_s
        if not on_the_way or self._stream.codec_context.skip_frame != skip:
            self._stream.codec_context.skip_frame = skip
            self._walk, self._shown, self._next = self._decode_from(time_s), None, None
        while self._shown is None or self._shown[0] < time_s - _EPSILON_S:
            self._next = self._next or next(self._walk, None)
            if self._next is None or self._next[0] > time_s + _EPSILON_S:
                break
            self._shown, self._next = self._next, None
        return self._shown

    def _key_from(self, time_s: float, otherwise_s: float) -> float:
        """The time of the first key frame from a time on."""
        keys = () if self._packets is None else self._packets.key_times
        i = int(np.searchsorted(keys, time_s - _EPSILON_S))
        return float(keys[i]) if i < len(keys) else otherwise_s

    def _key_before(self, time_s: float) -> float:
        if self._packets is None:
            return math.inf
        keys = self._packets.key_times
        i = int(np.searchsorted(keys, time_s + _EPSILON_S))
        return float(keys[i - 1]) if i else 0.0

    def thumb(self, frame: av.VideoFrame) -> Gray:
        """Luma 0..255, scaled to about THUMB_PIXELS whatever the resolution, lightly smoothed.

        All of a recording have one shape, though its resolution may change on the way.
        """
        return luma_of(frame, self._thumb_width, self._thumb_height)

    def _decode_from(
        self, time_s: float, *, keys_only: bool = False
    ) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames from the last that can be decoded before a time (or at it), or from the first of all.

        Transport and program streams have no index: a search there ends next to the place, rarely at a key
        frame. A damaged key frame cannot be decoded either, nor one that only begins a gradual refresh.
        """
        back_s = 0.0
        while True:
            self._seek(time_s - back_s)
            frames = self._decode(keys_only=keys_only)
            first = next(frames, None)
            if back_s > time_s + _EPSILON_S or (first is not None and first[0] <= time_s + _EPSILON_S):
                break
            back_s = 2 * back_s + _STEP_BACK_S
        if first is not None:
            yield first
            yield from frames

    def _seek(self, time_s: float) -> None:
        self._seeks += 1
        ticks = math.floor((time_s + self._origin) / self._base + 0.5)
        try:
            self._container.seek(ticks, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            # Some damaged indexes cannot be searched: start over and read up to the place.
            self._container.seek(0, backward=True)

    def _decode(self, *, keys_only: bool = False) -> Iterator[tuple[float, av.VideoFrame]]:
        """Every frame that decodes, from where the container stands; damaged packets are passed over."""
        last_s = -self.frame_s
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return
            if packet.size and keys_only and not packet.is_keyframe:
                continue
            try:
                frames = packet.decode()
                if keys_only and packet.size:
                    # Key frames of open groups of pictures come out in any order when they come alone.
                    frames += self._drained()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                ticks = frame.pts if frame.pts is not None else frame.dts
                last_s = last_s + self.frame_s if ticks is None else ticks * self._base - self._origin
                yield last_s, frame

    def _drained(self) -> list[av.VideoFrame]:
        """What the decoder still holds back."""
        frames = self._stream.codec_context.decode(None)
        self._stream.codec_context.flush_buffers()
        return frames


def burst(
    source: FrameSource, start_s: float, length_s: float, *, count: int = 4, slack_s: float = 0.0
) -> list[Gray]:
    """At most `count` thumbs spread over `length_s`, the first at `start_s`.

    Frames that can be decoded alone need not lie where the last is due: `slack_s` more are waited for it.
    """
    thumbs: list[Gray] = []
    due = -math.inf
    for at, frame in source.span(start_s, start_s + length_s + slack_s):
        if at >= due - _EPSILON_S:
            thumbs.append(source.thumb(frame))
            due = at + length_s / (count - 1) - 0.02
        if len(thumbs) == count:
            break
    return thumbs
