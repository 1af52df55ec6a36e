"""How far what follows a key frame has to be decoded before it is clear what happened until the next one.

Told by the sizes of packets and the key frames' looks; nothing is decoded for it.
"""

from __future__ import annotations

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look
from app.lectures.slides.looks.packets import PacketIndex

# A group longer than this may hide an excursion and return: one burst is reason enough to look.
_LONG_GROUP_S = 15.0
# Seconds after which what came is settled.
_SETTLED_S = 0.7
# What came with a cut is looked at for so long that it is believed.
_BELIEVED_S = 1.3
# Frames farther apart than this on average are few.
_FEW_S = 0.4
# A cut takes a packet or two.
_CUT_S = 0.11
# Bytes of a packet that repeats the picture, about; what is below carries no change worth seeing.
_IDLE_PACKET = 700


class Doubt:
    """What may have happened between two key frames of a recording. Times are in seconds."""

    def __init__(self, packets: PacketIndex, noise: Noise) -> None:
        self._packets, self._noise = packets, noise

    def until_s(self, a: Look, b: Look | None, end_s: float) -> float | None:
        """How far to decode what follows a key frame before it is clear what happens; None: not at all."""
        bursts = self._packets.spikes(a.t, end_s)
        if len(self._packets.inner(a.t, end_s)[0]) * _FEW_S < end_s - a.t:
            return end_s  # so few frames can all be decoded, and say too little of what is usual
        settled_s = self.settled_s(a.t, end_s)
        if b is None:
            # No key frame shows what a last group ended with.
            return end_s if bursts or self._packets.never_rests(a.t, end_s) else settled_s
        if a.alive and b.alive:  # a slide in between, unless it is no less lively, takes fewer bytes
            return end_s if self._packets.calms_down(a.t, end_s) else None
        relation = relate([a], [b], self._noise, in_sequence=True) if a.alive == b.alive else Relation.NEW
        # A cut, and a key frame that the encoder put there for one: the way to another slide, and back.
        back_s: float | None = None
        if bursts and self._packets.spaced_off_grid(end_s):
            back_s = max(settled_s or 0.0, bursts[-1][1] + _BELIEVED_S + self._packets.ahead_s)
        if relation is Relation.SAME:
            often = len(bursts) > (0 if end_s - a.t > _LONG_GROUP_S else 1)
            return back_s or (settled_s if often else None)
        if relation is Relation.BUILD:
            # Steps in between are builds too; but a dissolve under way at the key frame looks like one.
            late = bursts and bursts[-1][1] > end_s - _SETTLED_S
            return end_s if late or (bursts and self._packets.ahead_s) else back_s
        if relation is Relation.UNBUILD and settled_s is None:
            return None  # ink over text, in packets like all others: nothing else was shown in between
        # The encoder may have put the key frame there for the change; what stands out before it still
        # has to be looked at, for it is one or the other.
        if self._packets.spaced_off_grid(end_s):
            return end_s if b.is_black else settled_s  # a cut to black costs next to nothing
        # Nor is it told by one cut what a key frame was like before, when much moves in what follows it.
        return end_s if b.alive or b.is_black or self.only_cut_s(a, b) is None else None

    def only_cut_s(self, a: Look, b: Look) -> float | None:
        """When what a key frame shows replaced what the one before shows; None: that may not be all."""
        if self._packets.ahead_s:
            return None
        times, sizes = self._packets.inner(a.t, b.t)
        bursts = self._packets.spikes(a.t, b.t)
        if len(bursts) != 1 or bursts[0][1] > min(bursts[0][0] + _CUT_S, b.t - _SETTLED_S):
            return None
        apart = (times < bursts[0][0]) | (times > bursts[0][1])
        return bursts[0][1] if not apart.any() or int(sizes[apart].max()) <= _IDLE_PACKET else None

    def settled_s(self, start_s: float, end_s: float) -> float | None:
        """After this nothing happens any more in between; None: nothing does at all."""
        if self._noise.is_filmed:
            return end_s  # a camera's packets never are quiet
        last_s = self._packets.last_outstanding(start_s, end_s)
        return None if last_s is None else last_s + _SETTLED_S + self._packets.ahead_s
