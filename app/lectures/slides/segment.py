"""From looks in time order to states: stretches in which the recording shows one thing.

A state machine with one state that is certain and one that is pending. A look that differs opens a
pending state; only when a later look agrees with it does it become certain, so that what passes (the
middle of a dissolve, a hand, a flash) is never taken for a slide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from app.lectures.slides.compare import Noise, Relation, relate
from app.lectures.slides.lively import Surroundings
from app.lectures.slides.look import Look
from app.lectures.slides.plate import Plate
from app.lectures.slides.shots import Shot, screen_shots

# A dissolve moves on within this time; what stays as long is there to be seen.
_CERTAIN_AFTER_S = 0.5
# Leafed through, a slide may stand for less: when it came with a cut and did not change until the next.
_LEAFED_AFTER_S = 0.3
# Luma by which all but a few of the pixels that a cut changed stay the same; a dissolve moves them on.
_UNCHANGED = 3
# A pointer resting on a word looks like another word: only what stays this long is believed.
_TWEAK_AFTER_S = 2.0
# Much moves in a passage from slide to slide too, or in the touching up after a cut: somebody who speaks
# stays longer.
_ALIVE_AFTER_S = 2.5
# A pointer that moves across the text of a pending state is no reason to doubt that state.
_AGREES = (Relation.SAME, Relation.TWEAK)
_LOOKS_KEPT = 3
_ALBUM = 9
# Luma from the median that means something stands before the slide; a share of the picture covered by
# it that does not matter.
_COVERED_LUMA, _COVERED = 40, 0.004
# A dissolve takes no longer; what is still uncertain after it did not begin with the first difference.
_LONGEST_PASSAGE_S = 2.0
_LOOKS_APART_S = 0.8

Locate = Callable[[float, float], float]
"""Exact time of a change that was seen between two times."""


@dataclass
class State:
    """One thing in view from start to end; `looks` are the last few spaced views of it at its fullest."""

    kind: str
    start_s: float
    end_s: float
    looks: list[Look] = field(default_factory=list)
    album: list[Look] = field(default_factory=list)
    built: bool = False  # it grew on the way: looks of its beginning show less of it
    shots: tuple[Shot, ...] = ()  # what to make its picture from, once that is decided
    plate: Plate | None = None
    surroundings: Surroundings | None = None
    last: Look | None = None  # seen, whether kept or not
    _waiting: Look | None = None

    def see(self, look: Look, noise: Noise) -> None:
        """Keep a few looks. One is taken in only when the picture still is the same a while later: a slow
        dissolve differs little from step to step and would otherwise carry the state along with it."""
        self.end_s, self.last = look.t, look
        if self.kind == "presenter":
            self._see_lively(look)
            return
        if noise.is_filmed:
            self._see_filmed(look)
            return
        if self._waiting is None:
            self._waiting = look
        elif look.t - self._waiting.t >= _LOOKS_APART_S:
            if relate([self._waiting], [look], noise) is Relation.SAME:
                self.looks = [*self.looks, self._waiting][-_LOOKS_KEPT:]
                self.album.append(self._waiting)
                if len(self.album) > _ALBUM:
                    self.album = self.album[::2]
            self._waiting = look

    def _see_lively(self, look: Look) -> None:
        if self.surroundings is None:  # its first look of all may show what was before, or a passage
            self.surroundings = Surroundings(look.gray)
        self.surroundings.see(look.gray)

    def _see_filmed(self, look: Look) -> None:
        """A lecturer hides now this, now that: the state's look is put together from all that was seen."""
        if self.plate is None:
            self.plate = Plate(self.looks[0])
        self.plate.add(look)
        self.looks = [self.plate.look()]

    def grow(self, fuller: State) -> None:
        """Go on as `fuller`, which shows all of this and more."""
        if fuller.plate is not None and self.plate is not None:
            fuller.plate.inherit(self.plate)
            fuller.looks = [fuller.plate.look()]
        self.end_s, self.looks, self.album, self.plate = (
            fuller.end_s,
            fuller.looks,
            fuller.album,
            fuller.plate,
        )

    @property
    def views(self) -> int:
        """How many looks its picture can be chosen from."""
        return len(self.album) if self.plate is None else len(self.plate.album)

    def choose_shots(self) -> tuple[Shot, ...]:
        """Decide on the frames for its picture."""
        if not self.shots:
            shots = self.plate.album.shots() if self.plate is not None else ()
            self.shots = shots or screen_shots(self.album or self.looks, self.clearest())
        return self.shots

    def clearest(self) -> Look:
        """The look with the least before it: nearest to the median of the whole stretch."""
        album = self.album or self.looks
        small = np.stack([cv2.resize(look.gray, None, fx=0.25, fy=0.25) for look in album]).astype(np.int16)
        covered = (np.abs(small - np.median(small, axis=0)) > _COVERED_LUMA).mean((1, 2))
        clear = [
            look for look, share in zip(album, covered, strict=True) if share <= covered.min() + _COVERED
        ]
        # Key frames decode fastest; coding gets better while a picture stands.
        return max(clear, key=lambda look: (look.key, look.t))


def kind_of(look: Look) -> str:
    if look.is_black:
        return "black"
    return "presenter" if look.alive else "slide"


class Segmenter:
    """Feed looks in time order; iterate to get states, gap-free from the start to the end."""

    def __init__(self, noise: Noise, locate: Locate, start_s: float = 0.0) -> None:
        self._noise, self._locate, self._start_s = noise, locate, start_s
        self._now: State | None = None
        self._pending: State | None = None
        self._pending_is_new = False
        self._patience = _CERTAIN_AFTER_S
        self._left_s = 0.0  # when the certain state was left, while one is pending
        self._entered_s = 0.0  # when the pending state began, which differs after a passage

    @property
    def is_settled(self) -> bool:
        """Whether the last look fits the certain state: no change is under way."""
        return self._pending is None

    def states(self, looks: Iterable[Look], end_s: float) -> Iterator[State]:
        for look in looks:
            done = self._take(look)
            if done is not None:
                yield done
        if self._pending is not None and end_s - self._left_s > _CERTAIN_AFTER_S:
            done = self._confirm()
            if done is not None:
                yield done
        if self._now is not None:
            yield self._close(end_s)

    def _take(self, look: Look) -> State | None:
        if self._now is None:
            self._now = State(kind_of(look), self._start_s, look.t, [look])
            return None
        relation = self._relation(self._now, look)
        if relation is Relation.SAME:
            self._pending = None
            self._now.see(look, self._noise)
            return None
        if self._pending is None:
            self._left_s = self._locate(self._now.end_s, look.t)
            self._open(look, relation, self._left_s)
            return None
        if self._relation(self._pending, look) not in _AGREES:
            return self._step_pending(look, relation)
        first_seen = self._pending.looks[0].t
        self._pending.see(look, self._noise)
        return self._confirm() if look.t - first_seen >= self._patience else None

    def _step_pending(self, look: Look, relation: Relation) -> State | None:
        """The pending state itself was left: it was a state if it stood long enough, else it passed."""
        assert self._pending is not None
        changed_s = self._locate(self._pending.end_s, look.t)
        stood_s = changed_s - self._entered_s
        stood = stood_s >= self._patience or (stood_s >= _LEAFED_AFTER_S and self._was_leafed_to())
        done: State | None = None
        if stood and self._now is not None:
            done = self._confirm()
        passing = look.t - self._left_s < max(_LONGEST_PASSAGE_S, self._patience)
        if stood or not passing or (relation is Relation.NEW and not self._pending_is_new):
            self._left_s = changed_s
        self._open(look, relation, changed_s)
        return done

    def _was_leafed_to(self) -> bool:
        assert self._pending is not None
        assert self._now is not None
        first, last = self._pending.looks[0], self._pending.last or self._pending.looks[0]
        if not self._pending_is_new or self._entered_s > self._left_s or last is first:
            return False
        cut = cv2.absdiff(self._now.looks[-1].gray, first.gray) > _COVERED_LUMA
        stayed = cv2.absdiff(first.gray, last.gray)[cut]
        return stayed.size > 0 and float(np.percentile(stayed, 90)) <= _UNCHANGED and bool(first.edges.any())

    def _open(self, look: Look, relation: Relation, entered_s: float) -> None:
        self._entered_s = entered_s
        self._pending = State(kind_of(look), self._left_s, look.t, [look])
        self._pending_is_new = relation is Relation.NEW
        self._patience = _TWEAK_AFTER_S if relation is Relation.TWEAK else _CERTAIN_AFTER_S
        if self._pending.kind == "presenter":
            self._patience = _ALIVE_AFTER_S

    def _confirm(self) -> State | None:
        """Make the pending state certain; the one before it, unless it merely grew by a build."""
        assert self._pending is not None
        assert self._now is not None
        fresh, self._pending = self._pending, None
        relation = self._relation(self._now, *fresh.looks)
        if relation is Relation.SAME:  # what differed did not last: a pointer that moved on
            self._now.see(fresh.looks[-1], self._noise)
            return None
        if relation is Relation.BUILD and fresh.kind == self._now.kind == "slide":
            self._now.grow(fresh)
            self._now.built = True
            return None
        done = self._close(self._left_s)
        self._now = fresh
        return done

    def _close(self, end_s: float) -> State:
        assert self._now is not None
        self._now.end_s = end_s
        surroundings = self._now.surroundings
        if surroundings is not None and surroundings.is_video:
            self._now.kind = "video"
        return self._now

    def _relation(self, state: State, *looks: Look) -> Relation:
        if state.kind != kind_of(looks[-1]):
            return Relation.NEW
        if state.kind != "slide":
            return Relation.SAME
        return relate(state.looks, looks, self._noise, in_sequence=True)
