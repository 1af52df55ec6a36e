"""From looks in time order to states: stretches in which the recording shows one thing.

A state machine with one state that is certain and one that is pending. A look that differs opens a
pending state; only when a later look agrees with it does it become certain, so that what passes (the
middle of a dissolve, a hand, a flash) is never taken for a slide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from app.lectures.slides.compare import Noise, Relation, relate
from app.lectures.slides.look import Look

# A dissolve moves on within this time; what stays as long is there to be seen.
_CERTAIN_AFTER_S = 0.4
# A pointer resting on a word looks like another word: only what stays this long is believed.
_TWEAK_AFTER_S = 2.0
_LOOKS_KEPT = 3
_LOOKS_APART_S = 1.0

Locate = Callable[[float, float], float]
"""Exact time of a change that was seen between two times."""


@dataclass
class State:
    """One thing in view from start to end; `looks` are a few spaced views of it at its fullest."""

    kind: str
    start_s: float
    end_s: float
    looks: list[Look] = field(default_factory=list)

    def see(self, look: Look) -> None:
        """Keep a few looks, spaced, the newest always last."""
        self.end_s = look.t
        if len(self.looks) > 1 and self.looks[-1].t - self.looks[-2].t < _LOOKS_APART_S:
            self.looks.pop()
        self.looks.append(look)
        if len(self.looks) > _LOOKS_KEPT:
            del self.looks[1]


def kind_of(look: Look) -> str:
    if look.is_black:
        return "black"
    return "presenter" if look.alive else "slide"


class Segmenter:
    """Feed looks in time order; iterate to get states, gap-free from 0 to the end."""

    def __init__(self, noise: Noise, locate: Locate) -> None:
        self._noise, self._locate = noise, locate
        self._now: State | None = None
        self._pending: State | None = None
        self._left_s = 0.0  # when the certain state was left, while one is pending

    def states(self, looks: Iterable[Look], end_s: float) -> Iterator[State]:
        for look in looks:
            done = self._take(look)
            if done is not None:
                yield done
        if self._pending is not None and self._now is not None:
            if end_s - self._left_s > _CERTAIN_AFTER_S:
                yield from (self._close(self._left_s),)
                self._now = self._pending
        if self._now is not None:
            yield self._close(end_s)

    def _take(self, look: Look) -> State | None:
        if self._now is None:
            self._now = State(kind_of(look), 0.0, look.t, [look])
            return None
        relation = self._relation(self._now, look)
        if relation is Relation.SAME:
            self._pending = None
            self._now.see(look)
            return None
        if self._pending is None:
            self._left_s = self._locate(self._now.end_s, look.t)
            self._pending = State(kind_of(look), self._left_s, look.t, [look])
            return None
        if self._relation(self._pending, look) is not Relation.SAME:
            return self._step_pending(look)
        first_seen = self._pending.looks[0].t
        self._pending.see(look)
        patience = _TWEAK_AFTER_S if relation is Relation.TWEAK else _CERTAIN_AFTER_S
        return self._confirm(relation) if look.t - first_seen >= patience else None

    def _step_pending(self, look: Look) -> State | None:
        """The pending state itself was left: it was a state if it stood long enough, else it passed."""
        assert self._pending is not None
        changed_s = self._locate(self._pending.end_s, look.t)
        stood = changed_s - self._pending.looks[0].t >= _CERTAIN_AFTER_S
        done: State | None = None
        if stood and self._now is not None:
            done = self._confirm(self._relation(self._now, self._pending.looks[-1]))
            self._left_s = changed_s
        self._pending = State(kind_of(look), self._left_s, look.t, [look])
        return done

    def _confirm(self, relation: Relation) -> State | None:
        """Make the pending state certain; the one before it, unless it merely grew by a build."""
        assert self._pending is not None and self._now is not None
        fresh, self._pending = self._pending, None
        if relation is Relation.BUILD and fresh.kind == self._now.kind == "slide":
            self._now.end_s, self._now.looks = fresh.end_s, fresh.looks
            return None
        done = self._close(self._left_s)
        self._now = fresh
        return done

    def _close(self, end_s: float) -> State:
        assert self._now is not None
        self._now.end_s = end_s
        return self._now

    def _relation(self, state: State, look: Look) -> Relation:
        if state.kind != kind_of(look):
            return Relation.NEW
        if state.kind != "slide":
            return Relation.SAME
        return relate(state.looks, [look], self._noise)
