"""Decoding as little as possible: key frames alone, or a short span from the key frame before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from app.errors import BadMedia
from app.lectures.media import clock_origin, open_media, picture_stream

Gray = NDArray[np.uint8]
"""A thumb: (rows, columns) of luma 0..255; every recording's has about THUMB_PIXELS pixels."""

THUMB_PIXELS = 640 * 360
# One frame is decoded while another is being looked at; more threads cost memory at 1080p.
_THREADS = 2
_EPSILON_S = 1e-3
# Seconds before the place sought when a search ended behind it; doubled each time.
_STEP_BACK_S = 1.0


class FrameSource:
    """One open decoder on a recording's picture stream; times are on the presentation clock."""

    def __init__(self, path: Path) -> None:
        self._container = open_media(path)
        stream = picture_stream(self._container)
        if stream is None:
            self._container.close()
            raise BadMedia("This file holds no moving pictures.")
        self._stream = stream
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _THREADS
        self._base = float(stream.time_base or 1 / 90_000)
        self._origin = clock_origin(self._container)
        self.pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
        self.frame_s = 1 / float(stream.average_rate or stream.guessed_rate or 25)

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def key_frames(self, least_gap_s: float, start_s: float = 0.0) -> Iterator[tuple[float, av.VideoFrame]]:
        """Key frames at least `least_gap_s` apart, in order, the first at or after `start_s`."""
        self._stream.codec_context.skip_frame = "NONKEY"
        next_s = start_s if start_s > 0 else -math.inf
        for t, frame in self._decode_from(start_s, keys_only=True):
            if t >= next_s - _EPSILON_S:
                next_s = t + least_gap_s
                yield t, frame

    def span(
        self, start_s: float, end_s: float, *, every_frame: bool = False
    ) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames of [start, end] in order; unless `every_frame`, without those no other frame refers to."""
        self._stream.codec_context.skip_frame = "DEFAULT" if every_frame else "NONREF"
        for t, frame in self._decode_from(start_s):
            if t > end_s + _EPSILON_S:
                return
            if t >= start_s - _EPSILON_S:
                yield t, frame

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The frame that is shown at a time; None when nothing there can be decoded."""
        # Most looks were taken at frames that others refer to: those alone decode twice as fast.
        for skip in ("NONREF", "DEFAULT"):
            self._stream.codec_context.skip_frame = skip
            shown: av.VideoFrame | None = None
            for t, frame in self._decode_from(time_s):
                if t > time_s + _EPSILON_S:
                    break
                shown = frame
                if t >= time_s - _EPSILON_S:
                    return shown
        return shown

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
            if back_s > time_s or (first is not None and first[0] <= time_s + _EPSILON_S):
                break
            back_s = 2 * back_s + _STEP_BACK_S
        if first is not None:
            yield first
            yield from frames

    def _seek(self, time_s: float) -> None:
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
            thumbs.append(thumb_of(frame))
            due = at + length_s / (count - 1) - 0.02
        if len(thumbs) == count:
            break
    return thumbs


def thumb_of(frame: av.VideoFrame) -> Gray:
    """Luma, scaled to about THUMB_PIXELS whatever the resolution, lightly smoothed against coding noise."""
    scale = math.sqrt(THUMB_PIXELS / (frame.width * frame.height))
    width, height = (max(16, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    gray = frame.reformat(width, height, "gray", interpolation="AREA").to_ndarray()
    return np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), np.uint8)
