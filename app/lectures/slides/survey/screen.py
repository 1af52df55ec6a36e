"""Which moments of a recording to look at: key frames everywhere, more only where something is in doubt.

Decoding key frames alone is some 15 times faster than decoding everything. Between two of them that show
the same, with no burst of large packets in between, nothing happened; elsewhere the group of pictures is
decoded and sampled.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.frames import FrameSource, Gray, burst
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.packets import PacketIndex
from app.lectures.slides.survey.doubt import Doubt
from app.lectures.slides.survey.memory import MEMORY_S, MotionMemory
from app.lectures.slides.survey.motion import (
    PROBE_S,
    at_once,
    fills_picture,
    in_steps,
    is_dissolve,
    is_pointer,
    steps_of,
)
from app.lectures.slides.survey.sampling import JUST_BEFORE_S, sparse

# Recordings with a key frame in every frame are read like others.
_KEY_GAP_S = 0.5
_TOUCHING_S = 1e-3
# A group of pictures is decoded in pieces of this length, so that hours without a key frame fit in memory.
_PIECE_S = 8.0
_PROBE_EVERY_S = 4.0
_PROBE_SLACK_S = 0.1
# Until it is asked again whether what the next key frame shows is there.
_ASK_AGAIN_S = 1.0
# Of the noise threshold: what moves is also there in the next probe, so less is needed to believe it.
_MOTION_SHARE = 0.6


class Survey:
    """Looks at a recording in time order. Holds a few seconds of thumbs, however long the recording."""

    def __init__(self, source: FrameSource, packets: PacketIndex, noise: Noise) -> None:
        self._source, self._packets, self.noise = source, packets, noise
        inner = packets.sizes[~packets.keys]
        self._quiet = float(np.percentile(inner, 5)) if len(inner) else 0.0
        self._doubt = Doubt(packets, noise)
        self._memory = MotionMemory()
        self._motion = Noise(round(_MOTION_SHARE * noise.threshold), noise.reach)

    def looks(self, start_s: float = 0.0) -> Iterator[Look]:
        """Looks from the key frame at `start_s` to the end, or as far as the caller goes on reading."""
        last: Look | None = None
        # What moved shortly before is known at the start, as it is for one who reads from the beginning.
        for t, frame in self._source.key_frames(_KEY_GAP_S, max(0.0, start_s - MEMORY_S)):
            look = self._key_look(t, self._source.thumb(frame), last)
            if t >= start_s - _TOUCHING_S:
                if last is not None and last.t >= start_s - _TOUCHING_S:
                    yield from self._between(last, look)
                yield look
            last = look
        if last is not None:
            yield from self._between(last, None)

    # ------------------------------------------------------------------------------------ key frames
    def _key_look(self, t: float, thumb: Gray, last: Look | None) -> Look:
        self._memory.forget_gone([thumb])
        mask = self._memory.mask(thumb.shape)
        inherited = Look(t, thumb, mask, key=True, alive=last is not None and last.alive)
        stale = t - self._memory.last_s >= _PROBE_EVERY_S
        if last is not None and not stale and not last.alive:
            stale = relate([last], [inherited], self.noise) is not Relation.SAME
        if not stale and not inherited.alive:
            return inherited
        moved = self._probe(t, thumb)
        alive = self._is_alive(moved, thumb)
        if alive:
            self._memory.forget()  # what moved in a presenter's picture says nothing of the next slide
        else:
            self._memory.add(t, t + PROBE_S, moved)
        return Look(t, thumb, self._memory.mask(thumb.shape), key=True, alive=alive)

    def _is_alive(self, moved: Mask, gray: Gray) -> bool:
        return not self.noise.is_filmed and fills_picture(moved, gray)

    def _probe(self, t: float, thumb: Gray) -> Mask:
        _, sizes = self._packets.inner(t, t + PROBE_S)
        if not len(sizes) or float(sizes.mean()) < 1.15 * self._quiet + 12:
            return np.zeros(thumb.shape, bool)
        # What a camera films sways: the longer it is watched, the more of it would be taken for motion.
        slack_s = 0.0 if self.noise.is_filmed else _PROBE_SLACK_S
        thumbs = burst(self._source, t, PROBE_S, slack_s=slack_s)
        if len(thumbs) < 2:  # damaged
            return np.zeros(thumb.shape, bool)
        # A cut within the burst shows in one pair of its thumbs only.
        steps = steps_of(thumbs, self._motion)
        cut = self._packets.may_cut(t, t + PROBE_S + slack_s) or at_once(steps)
        moved = in_steps(steps, 2 if cut else 1)
        # A pointer on its way says nothing of the place, a dissolve nothing of what comes.
        return np.zeros(thumb.shape, bool) if is_pointer(steps) or is_dissolve(thumbs, moved) else moved

    # ------------------------------------------------------------------------ between two key frames
    def _between(self, a: Look, b: Look | None) -> Iterator[Look]:
        end_s = b.t if b is not None else self._packets.end_s
        if b is not None and not len(self._packets.inner(a.t, end_s)[0]):
            # Every frame is a key frame: they are passed over while nothing changes.
            if relate([a], [b], self.noise, in_sequence=True) is not Relation.SAME:
                for t, frame in self._source.span(a.t + 1e-2, end_s - 1e-2):
                    yield Look(t, self._source.thumb(frame), b.moving, key=True, alive=b.alive)
            return
        until_s = self._doubt.until_s(a, b, end_s)
        if until_s is not None:
            yield from self._sampled(a, b, min(until_s, end_s))
        elif b is not None:
            yield from self._stands(a, b)

    def _stands(self, a: Look, b: Look) -> Iterator[Look]:
        """What two key frames show up to or from the one change between them, however soon it is left."""
        cut_s = self._doubt.only_cut_s(a, b)
        if cut_s is not None:
            yield dataclasses.replace(b, t=cut_s, key=False)
        quiet = cut_s is None and not (a.alive or b.alive or self._packets.spikes(a.t, b.t))
        if quiet and relate([a], [b], self.noise, in_sequence=True) is Relation.NEW:
            # Without a packet for it the change came with the key frame.
            yield dataclasses.replace(a, t=b.t - JUST_BEFORE_S, key=False)

    def _sampled(self, a: Look, b: Look | None, end_s: float) -> Iterator[Look]:
        piece: list[tuple[float, Gray]] = [(a.t, a.gray)]
        ask_s = math.inf if b is None else self._doubt.settled_s(a.t, end_s) or math.inf
        for t, frame in sparse(self._source, self._packets, a.t, end_s):
            piece.append((t, self._source.thumb(frame)))
            if b is not None and t > ask_s:
                # No packet that could carry a change is left, and what the next key frame shows is there.
                arrived = Look(t, piece[-1][1], b.moving, alive=b.alive)
                if relate([arrived], [b], self.noise, in_sequence=True) is Relation.SAME:
                    break
                ask_s = t + _ASK_AGAIN_S
            if t - piece[0][0] > _PIECE_S:
                yield from self._piece(piece)
                piece = piece[-1:]
        yield from self._piece(piece)

    def _piece(self, piece: list[tuple[float, Gray]]) -> Iterator[Look]:
        """Looks at all but the first of some sampled thumbs."""
        times, thumbs = [t for t, _ in piece], [thumb for _, thumb in piece]
        steps = steps_of(thumbs, self._motion)
        lively = [self._is_lively(times, thumbs, steps, i) for i in range(1, len(piece))]
        for run, mask in self._memory.watch_runs(times, thumbs, steps, lively):
            yield from (Look(times[i], thumbs[i], mask, alive=lively[i - 1]) for i in run)

    def _is_lively(self, times: list[float], thumbs: list[Gray], steps: list[Mask], i: int) -> bool:
        """Whether the ith of some sampled thumbs shows a presenter rather than a slide."""
        first = max(0, min(i, len(thumbs) - 4))
        # The moments before a cut to a presenter stand still, though what follows them does not; so do
        # the last moments after a coder's touching up.
        if not steps[min(i, len(steps) - 1)].any():
            return False
        near = steps[first : first + 3]
        cut = self._packets.may_cut(times[first], times[min(i + 3, len(times) - 1)]) or at_once(near)
        moved = in_steps(near, 2 if cut else 1)
        return self._is_alive(moved, thumbs[i]) and not is_dissolve(thumbs[first : first + 4], moved)
