"""From looks in time order to states: stretches in which the recording shows one thing.

A state machine with one state that is certain and one that is pending. A look that differs opens a
pending state; only when a later look agrees with it does it become certain, so that what passes (the
middle of a dissolve, a hand, a flash) is never taken for a slide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.lively import is_of_one_scene
from app.lectures.slides.states.restless import Restless
from app.lectures.slides.states.state import LONGEST_PASSAGE_S, Growth, State, kind_of
from app.lectures.slides.states.twins import Turn

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
_OF_ONE_SLIDE = (Relation.BUILD, Relation.UNBUILD, Relation.TWEAK)
# Luma by which a cut changes what it changes.
_CUT_LUMA = 40

Locate = Callable[[float, float], float]
"""Exact time of a change that was seen between two times."""


class Segmenter:
    """Feed looks in time order; iterate to get states, gap-free from the start to the end."""

    def __init__(self, noise: Noise, locate: Locate, start_s: float = 0.0) -> None:
        self._noise, self._locate, self._start_s = noise, locate, start_s
        self._now: State | None = None
        self._pending: State | None = None
        self._pending_is_new = False
        self._restless: Restless | None = None  # while a state is pending, on a screen
        self._between: State | None = None  # what was found to have been shown before the certain state
        self._patience = _CERTAIN_AFTER_S
        self._growth: Growth | None = None  # of the certain state, while it may turn out to be none
        self._left_s = 0.0  # when the certain state was left, while one is pending
        self._entered_s = 0.0  # when the pending state began, which differs after a passage
        self._stirs_s: list[float] = []  # when looks were lively while a slide was the certain state

    @property
    def is_settled(self) -> bool:
        """Whether the last look fits the certain state: no change is under way."""
        return self._pending is None

    def states(self, looks: Iterable[Look], end_s: float) -> Iterator[State]:
        for look in looks:
            done = self._take(look)
            if done is not None:
                yield done
            yield from self._found_between()
        if self._pending is not None and end_s - self._left_s > _CERTAIN_AFTER_S:
            done = self._confirm()
            if done is not None:
                yield done
            yield from self._found_between()
        if self._now is not None:
            yield self._close(end_s)

    def _found_between(self) -> Iterator[State]:
        if self._between is not None:
            yield self._between
            self._between = None

    def _take(self, look: Look) -> State | None:
        if self._now is None:
            self._now = State(kind_of(look), self._start_s, look.t, [look])
            return None
        if look.alive and self._now.kind == "slide":
            self._stirs_s.append(look.t)
        relation = self._relation(self._now, look, passing=True)
        if relation is Relation.SAME:
            self._pending = None
            turn = self._now.see(look, self._noise)
            return self._undo_growth(look) if turn is None else self._turn(turn)
        if self._pending is None:
            self._left_s = self._locate(self._now.end_s, look.t)
            self._open(look, relation, self._left_s)
            self._restless = self._watch_for_restless(look, relation)
            return None
        if self._restless is not None:
            self._restless.see(look, relation)
        if self._has_left_pending(look, relation):
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
        # What is still uncertain after a dissolve did not begin with the first difference.
        passing = look.t - self._left_s < max(LONGEST_PASSAGE_S, self._patience)
        # Another slide from the first look on began there, however long something goes on moving on it.
        passing = passing or (relation is Relation.NEW and self._pending_is_new)
        if stood or not passing or (relation is Relation.NEW and not self._pending_is_new):
            self._left_s = changed_s
        self._open(look, relation, changed_s)
        if stood:
            self._restless = self._watch_for_restless(look, relation)
        return done

    def _watch_for_restless(self, look: Look, relation: Relation) -> Restless | None:
        if self._noise.is_filmed:
            return None
        restless = Restless(self._noise, self._left_s)
        restless.see(look, relation)
        return restless

    def _has_left_pending(self, look: Look, relation: Relation) -> bool:
        assert self._pending is not None
        if self._relation(self._pending, look, passing=True) not in _AGREES:
            return True
        # Nobody who keeps still looks like the slide before: that moved on by a build.
        return self._pending.kind == "presenter" and kind_of(look) == "slide" and relation in _OF_ONE_SLIDE

    def _was_leafed_to(self) -> bool:
        assert self._pending is not None
        assert self._now is not None
        first, last = self._pending.looks[0], self._pending.last or self._pending.looks[0]
        if self._pending.kind == "presenter" or not self._pending_is_new:
            return False
        if self._entered_s > self._left_s or last is first:
            return False
        cut = cv2.absdiff(self._now.looks[-1].gray, first.gray) > _CUT_LUMA
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
        if fresh.fades_in_after(self._now.looks[-1]):
            fresh.arrive(self._noise)  # in the middle of a dissolve a twin looks like a build
        relation = self._relation(self._now, *fresh.looks)
        if relation is Relation.SAME:  # what differed did not last: a pointer that moved on
            self._now.see(fresh.looks[-1], self._noise)
            return None
        builds = relation is Relation.BUILD and fresh.kind == self._now.kind == "slide"
        self._growth = Growth.of(self._now, fresh, self._noise) if builds else None
        fresh.arrive(self._noise)
        if builds:
            self._now.grow(fresh)
            self._now.built = True
            return None
        if self._now.kind == "slide":
            self._now.goes_on = is_of_one_scene(self._now.looks[-1], fresh.looks[-1])
        done = self._close(self._left_s)
        if self._restless is not None and (shown := self._restless.between(done, fresh, self._noise)):
            self._between, done.end_s, fresh.start_s = shown, shown.start_s, shown.end_s
        self._now = fresh
        return done.without_passage()

    def _turn(self, turn: Turn) -> State:
        """The slide before a twin that came so quietly that it was taken for the same."""
        assert self._now is not None
        done, self._growth = self._now, None
        self._now = done.turned(turn)
        return done

    def _undo_growth(self, look: Look) -> State | None:
        """The slide before the certain one, if that is no build of it: what came is a speaker's box.

        At first it was not known to move, and so much of it hid that a word gave way to another.
        """
        assert self._now is not None
        if self._growth is None or not self._growth.moves_in(look):
            return None
        growth, self._growth = self._growth, None
        relation = self._relation(growth.before, *self._now.looks, look)
        if relation is not Relation.NEW and relation is not Relation.TWEAK:
            return None
        self._now.start_s, self._now.built, self._now.bare = growth.at_s, False, None
        return growth.before

    def _close(self, end_s: float) -> State:
        assert self._now is not None
        self._now.end_s = end_s
        self._now.stirred = any(self._now.start_s <= t < end_s for t in self._stirs_s)
        self._stirs_s = [t for t in self._stirs_s if t >= end_s]
        if self._now.scene is not None and self._now.scene.is_video:
            self._now.kind = "video"
        return self._now

    def _relation(self, state: State, *looks: Look, passing: bool = False) -> Relation:
        if state.kind != kind_of(looks[-1]):
            keeps_still = state.scene is not None and state.scene.goes_on_in(looks[-1])
            return Relation.SAME if keeps_still else Relation.NEW
        if state.kind != "slide":
            return Relation.SAME
        return relate(state.looks, looks, self._noise, in_sequence=True, passing=passing)
