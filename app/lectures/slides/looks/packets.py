"""What a recording's packets tell before a single frame is decoded: times, sizes, key frames.

Encoders spend bits where the picture changes, so a packet far larger than its neighbours hints at a
slide change; a hint only, since some cuts cost next to nothing (to black, or to a near-twin).
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.lectures.media import clock_origin, open_media, picture_stream, read_alone

# Below this a packet carries a cursor or noise, whatever its neighbours look like (bytes at 1080p and 720p).
_SMALL_PACKET = 1500
_SPIKE_FACTOR = 6
# Bytes, and times the usual size, above which a packet stands out though it is no spike. Encoders also
# touch up the picture a few frames after a key frame in packets of this size.
_OUTSTANDING, _OUTSTANDING_FACTOR = 300, 3
# Bytes, and times those of the smallest, above which most packets are no mere repeats.
_BUSY, _BUSY_FACTOR = 200, 2
# Share of the bytes of a lively second that a calm one takes, at most.
_CALM = 0.5
# Packets of one dissolve or one scrolling movement belong together.
_CLUSTER_GAP_S = 0.7
_STANDING_S = 0.3
_MISSING_RATE = 25.0
# Coders that put a frame into a packet that is not shown until later, and how many frames later at most.
_AHEAD, _FRAMES_AHEAD = {"av1", "vp9"}, 32


@dataclass(frozen=True)
class PacketIndex:
    """Packets of the picture stream by presentation time (seconds on the recording's clock)."""

    times: NDArray[np.float64]
    sizes: NDArray[np.int32]
    keys: NDArray[np.bool_]
    end_s: float
    whole: bool
    ahead_s: float = 0.0  # by which a change may be in the packets before it is shown, at most

    def packed(self) -> bytes:
        """About two bytes a packet."""
        us = np.round(self.times * 1e6).astype(np.int64)
        parts = (np.diff(us, prepend=0), self.sizes, self.keys)
        return zlib.compress(b"".join(part.astype(np.int64).tobytes() for part in parts))

    @classmethod
    def unpacked(cls, data: bytes, end_s: float, *, whole: bool, ahead_s: float = 0.0) -> PacketIndex:
        deltas, sizes, keys = np.frombuffer(zlib.decompress(data), np.int64).reshape(3, -1)
        return cls(
            np.cumsum(deltas) / 1e6, sizes.astype(np.int32), keys.astype(np.bool_), end_s, whole, ahead_s
        )

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def key_times(self) -> NDArray[np.float64]:
        return self.times[self.keys]

    def inner(self, start_s: float, end_s: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times and sizes of the packets strictly between two times that are not key frames."""
        a, b = np.searchsorted(self.times, (start_s + 1e-4, end_s - 1e-4))
        rest = ~self.keys[a:b]
        return self.times[a:b][rest], self.sizes[a:b][rest]

    def spikes(self, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """(first, last) second of each burst of outstandingly large packets between two times."""
        times, sizes = self.inner(start_s, end_s)
        if not len(times):
            return []
        bursts: list[tuple[float, float]] = []
        for t in times[sizes > max(_SMALL_PACKET, _SPIKE_FACTOR * float(np.median(sizes)))].tolist():
            if bursts and t - bursts[-1][1] < _CLUSTER_GAP_S:
                bursts[-1] = (bursts[-1][0], t)
            else:
                bursts.append((t, t))
        return bursts

    def may_cut(self, start_s: float, end_s: float) -> bool:
        """Whether a burst or a key frame in (start, end] may carry a cut."""
        a, b = np.searchsorted(self.times, (start_s + 1e-3, end_s + 1e-3))
        return bool(self.keys[a:b].any()) or bool(self.spikes(start_s - 1e-3, end_s + 1e-3))

    def calms_down(self, start_s: float, end_s: float) -> bool:
        """Whether some second in between takes far fewer bytes than others do."""
        times, sizes = self.inner(start_s, end_s)
        seconds = np.bincount((times - start_s).astype(np.int64), sizes)[: int(end_s - start_s)]
        return len(seconds) > 2 and float(seconds.min()) < _CALM * float(np.percentile(seconds, 75))

    def stands_between(self, start_s: float, end_s: float) -> bool:
        """Whether some frame in between is shown far longer than usual (a variable frame rate)."""
        times, _ = self.inner(start_s, end_s)
        steps = np.diff(np.concatenate(([start_s], times, [end_s])))
        return bool(steps.max() > _STANDING_S)

    def loudest(self, start_s: float, end_s: float) -> float:
        """Time of the packet in (start, end] that most likely carries a change seen between the two.

        A spike; else a key frame that came off the grid (the encoder put it there for the change); else the
        largest packet that stands out at all; else any key frame; else the end. Of a coder that runs ahead
        sizes do not tell: a key frame, or the middle.
        """
        a, b = np.searchsorted(self.times, (start_s + 1e-4, end_s + 1e-4))
        if b <= a:
            return end_s
        times, sizes, keys = self.times[a:b], self.sizes[a:b], self.keys[a:b]
        if self.ahead_s:
            return float(times[keys][-1]) if keys.any() else (start_s + end_s) / 2
        deltas = np.where(keys, 0, sizes)
        best = int(np.argmax(deltas))
        usual = self._usual(start_s - 3, end_s + 3)
        if deltas[best] > max(_SMALL_PACKET, _SPIKE_FACTOR * usual):
            return float(times[best])
        placed = [t for t in times[keys].tolist() if self.spaced_off_grid(t)]
        if placed:
            return float(placed[-1])
        if deltas[best] > _outstanding(usual):
            return float(times[best])
        return float(times[keys][-1]) if keys.any() else end_s

    def never_rests(self, start_s: float, end_s: float) -> bool:
        """Whether most packets in between carry a change, so that none stands out: somebody types."""
        _, sizes = self.inner(start_s, end_s)
        return (
            bool(len(sizes))
            and self._usual(start_s, end_s) > _BUSY_FACTOR * float(np.percentile(sizes, 5)) + _BUSY
        )

    def last_outstanding(self, start_s: float, end_s: float) -> float | None:
        """Time of the last packet in between that may carry a change at all; None: nothing happens there."""
        times, sizes = self.inner(start_s, end_s)
        loud = times[sizes > _outstanding(self._usual(start_s, end_s))]
        return float(loud[-1]) if len(loud) else None

    def _usual(self, start_s: float, end_s: float) -> float:
        """Median bytes of the packets in between that are no key frames."""
        _, sizes = self.inner(start_s, end_s)
        return float(np.median(sizes)) if len(sizes) else 0.0

    def spaced_off_grid(self, key_s: float) -> bool:
        """Whether a key frame came sooner than the encoder's regular distance, as at a cut."""
        i = int(np.searchsorted(self.key_times, key_s - 1e-4))
        return 0 < i < len(self.key_times) and not self._on_grid[i - 1]

    @cached_property
    def _on_grid(self) -> NDArray[np.bool_]:
        """For each key frame but the first: whether it came at the encoder's regular distance."""
        found = np.zeros(max(0, len(self.key_times) - 1), np.bool_)
        # Encoders count the distance in frames or in seconds. One that occurs only once is no grid.
        for gaps in (np.diff(np.flatnonzero(self.keys)), np.diff(self.key_times)) if len(found) else ():
            regular = gaps >= 0.98 * float(gaps.max()) - 0.02
            if np.count_nonzero(regular) > 1:
                found |= regular
        return found


def _outstanding(usual: float) -> float:
    return _OUTSTANDING_FACTOR * usual + _OUTSTANDING


def index_packets(path: Path) -> PacketIndex | None:
    """Demux without decoding; None when there are no moving pictures. BadMedia when unreadable."""
    # Hours of packets as objects of Python would take as much memory as all that comes later.
    starts, bytes_, marks = array("d"), array("q"), array("b")
    end_s, whole = 0.0, True
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return None
        read_alone(container, stream)
        base = float(stream.time_base or 1 / 90_000)
        frame_s = 1 / float(stream.average_rate or stream.guessed_rate or _MISSING_RATE)
        runs_ahead = stream.codec.canonical_name in _AHEAD
        origin = clock_origin(container)
        t = -frame_s
        try:
            for packet in container.demux(stream):
                if not packet.size or packet.is_discard:
                    continue
                ticks = packet.pts if packet.pts is not None else packet.dts
                t = t + frame_s if ticks is None else ticks * base - origin
                starts.append(t)
                bytes_.append(packet.size)
                marks.append(packet.is_keyframe)
                end_s = max(end_s, t + (packet.duration or 0) * base)
        except av.error.FFmpegError:
            whole = False  # a damaged tail: what came before it counts
    times, sizes, keys = np.array(starts, np.float64), np.array(bytes_, np.int32), np.array(marks, np.bool_)
    order = np.lexsort((keys, sizes, times))
    return PacketIndex(
        times=np.rint(times[order] * 1e6) / 1e6,
        sizes=sizes[order],
        keys=keys[order],
        end_s=max(end_s, float(times[order[-1]]) + frame_s) if len(order) else 0.0,
        whole=whole,
        ahead_s=_FRAMES_AHEAD * frame_s if runs_ahead else 0.0,
    )
