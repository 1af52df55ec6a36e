"""From states to distinct slides: a revisit is the same slide, an un-build too, a near-twin is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.lectures.model import Interval
from app.lectures.slides.compare.edge_bits import Outlines
from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.overlay import covered
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.distinct.drawn import Drawn, related
from app.lectures.slides.looks.look import Look, Mask, PackedLook, differing
from app.lectures.slides.pictures.shots import Shot
from app.lectures.slides.pictures.uncovered import uncover
from app.lectures.slides.states.state import FEWEST_EDGES, State
from app.lectures.slides.states.twins import TOGETHER_S, number_changed
from app.lectures.slides.survey.motion import SMALLEST_BOX

# A slide that shows less of another's edges than this is its own slide (a title page is part of many).
_SUBSTANTIAL = 0.3
# Seconds that a pointer rests on a word: what looks like another word for less is taken for a pointer.
_LONGEST_REST_S = 4.0
# Furniture: edges that this share of the slides have, once so many slides are known.
_FURNITURE_SHARE, _FURNITURE_AFTER = 0.8, 5
# Pixels this many times fewer than the thumb's decide quickly that two slides have nothing in common.
_COARSE = 8
_COARSE_DIFFERS, _COARSE_SHARE = 60, 0.35


@dataclass
class KnownSlide:
    looks: list[PackedLook]
    coarse: NDArray[np.int16]
    outlines: Outlines
    edge_count: int
    shots: tuple[Shot, ...]
    uncovered: tuple[Shot, ...] = ()  # as in a state
    steps: tuple[float, ...] = ()
    bare: PackedLook | None = None  # as in a state
    seen_s: float = 0.0  # for how long, where its looks are from
    intervals: list[Interval] = field(default_factory=list)

    @property
    def picture_s(self) -> float:
        """Second of the frame that most of its picture is made from."""
        return self.shots[0].t

    @property
    def frames_s(self) -> tuple[float, ...]:
        """Seconds of all that its picture is made from."""
        return tuple(shot.t for shot in (*self.shots, *self.uncovered))

    def looks_far_from(self, coarse: NDArray[np.int16]) -> bool:
        """Whether a glance tells it from another."""
        return float((np.abs(self.coarse - coarse) > _COARSE_DIFFERS).mean()) > _COARSE_SHARE

    def add_times_of(self, other: KnownSlide) -> None:
        """Take over when another one was shown, which turned out to be this slide."""
        merged: list[Interval] = []
        for one in sorted((*self.intervals, *other.intervals), key=lambda interval: interval.start_s):
            if merged and one.start_s == merged[-1].end_s:
                merged.append(Interval(start_s=merged.pop().start_s, end_s=one.end_s))
            else:
                merged.append(one)
        self.intervals = merged


class SlideBook:
    """The distinct slides seen so far, by first appearance, and what was shown between them."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self.slides: list[KnownSlide] = []
        self.other: list[State] = []
        self._edge_votes: NDArray[np.uint16] | None = None
        self._last: KnownSlide | None = None

    def add_all(self, states: Iterable[State]) -> None:
        for state in states:
            self.add(state)

    def add(self, state: State) -> None:
        if state.kind != "slide" or not self._is_slide(state.looks[-1]):
            self.other.append(
                State(state.kind if state.kind != "slide" else "none", state.start_s, state.end_s)
            )
            self._last = None
            return
        slide = self._same_slide(state) or self._new_slide(state)
        if self._left_pointer(slide):
            self._forget(self.slides[-1])
            self._last = slide
        interval = Interval(start_s=round(state.start_s, 4), end_s=round(state.end_s, 4))
        if slide is self._last:
            interval = Interval(start_s=slide.intervals.pop().start_s, end_s=interval.end_s)
        slide.intervals.append(interval)
        self._last = slide

    def _is_slide(self, look: Look) -> bool:
        return look.edge_count >= FEWEST_EDGES

    def _same_slide(self, state: State) -> KnownSlide | None:
        coarse, outlines = _coarse(state.looks[-1]), Outlines.of(state.looks[-1])
        furniture = self.furniture()
        besides = None if furniture is None else np.packbits(furniture)
        shown = Drawn(differing(state.looks), state.bare)
        for slide in reversed(self.slides):
            if slide.looks_far_from(coarse):
                continue
            # What followed it may lie over the last one as a window does, which hides any share of it.
            may_hide = slide is self._last or slide.bare is not None or state.bare is not None
            if not self._noise.is_filmed and all(
                one.have_little_of(other, besides, hidden=may_hide)
                for one, other in ((slide.outlines, outlines), (outlines, slide.outlines))
            ):
                continue
            looks = [look.unpacked() for look in slide.looks]
            known = Drawn(looks, None if slide.bare is None else slide.bare.unpacked())
            relation = related(known, shown, self._noise, furniture)
            if relation is Relation.SAME:
                if self._is_twin(slide, looks[-1], state):
                    continue
                if self._noise.is_filmed and _hidden(state.looks[-1]) < _hidden(looks[-1]):
                    self._describe(slide, state)
                elif not self._noise.is_filmed:
                    slide.uncovered += uncover(looks[-1], [state.looks[-1]], slide.uncovered)
                return slide
            if slide is self._last and (hidden := covered(looks[-1], state.looks[-1], relation, self._noise)):
                if hidden is looks[-1]:  # from now on it is seen in full
                    self._describe(slide, state)
                return slide
            if slide is self._last and relation is Relation.UNBUILD and self._is_left_of(looks[-1], state):
                return slide
            fewer, more = sorted((slide.edge_count, state.looks[-1].edge_count))
            if relation in (Relation.BUILD, Relation.UNBUILD) and fewer >= _SUBSTANTIAL * max(more, 1):
                if relation is Relation.BUILD:
                    self._describe(slide, state)
                return slide
        return None

    def _is_left_of(self, before: Look, state: State) -> bool:
        """Whether a state that follows shows nothing that a slide did not: all else of it was taken away."""
        look = state.looks[-1]
        if self._noise.is_filmed or np.count_nonzero(look.moving & ~before.moving) > SMALLEST_BOX:
            return False
        came = look.edges & differs(before.gray, look.gray, self._noise)
        return int(np.count_nonzero(came)) < FEWEST

    def _is_twin(self, slide: KnownSlide, look: Look, state: State) -> bool:
        """Whether two slides that a camera filmed differ by a number: enough was seen of both to tell."""
        if not self._noise.is_filmed or min(slide.seen_s, state.end_s - state.start_s) < TOGETHER_S:
            return False
        return number_changed(look, state.looks[-1], self._noise) is not None

    def _left_pointer(self, slide: KnownSlide) -> bool:
        """Whether the last slide was this one, with a pointer that rested on a word and now has left."""
        doubt = self._last
        if doubt is None or doubt is not self.slides[-1] or len(doubt.intervals) != 1 or slide is doubt:
            return False
        rest, before = doubt.intervals[0], slide.intervals[-1]
        if rest.end_s - rest.start_s >= _LONGEST_REST_S or before.end_s != rest.start_s:
            return False
        first, second = ([look.unpacked() for look in one.looks] for one in (slide, doubt))
        return relate(first, second, self._noise, furniture=self.furniture()) is Relation.TWEAK

    def _forget(self, slide: KnownSlide) -> None:
        self.slides.remove(slide)
        assert self._edge_votes is not None
        shape = self._edge_votes.shape
        edges = np.unpackbits(slide.outlines.edges, count=self._edge_votes.size).reshape(shape)
        self._edge_votes -= edges

    def _new_slide(self, state: State) -> KnownSlide:
        slide = KnownSlide([], np.zeros(0, np.int16), Outlines.of(state.looks[-1]), 0, ())
        self._describe(slide, state)
        self.slides.append(slide)
        edges = state.looks[-1].edges
        if self._edge_votes is None:
            self._edge_votes = np.zeros(edges.shape, np.uint16)
        self._edge_votes += edges
        return slide

    def _describe(self, slide: KnownSlide, state: State) -> None:
        slide.looks = [look.packed for look in differing(state.looks)]
        slide.seen_s = state.end_s - state.start_s
        slide.coarse = _coarse(state.looks[-1])
        slide.outlines = Outlines.of(state.looks[-1])
        slide.edge_count = state.looks[-1].edge_count
        slide.shots, slide.steps = state.choose_shots(), state.steps
        slide.uncovered = state.uncovered
        if slide.bare is None and state.bare is not None:
            slide.bare = state.bare.packed

    def furniture(self) -> Mask | None:
        """Edges that nearly every slide has; None while few slides are known."""
        if self._edge_votes is None or len(self.slides) < _FURNITURE_AFTER:
            return None
        everywhere: Mask = self._edge_votes >= _FURNITURE_SHARE * len(self.slides)
        return everywhere


def _coarse(look: Look) -> NDArray[np.int16]:
    rows, columns = (side // _COARSE * _COARSE for side in look.gray.shape)
    blocks = look.gray[:rows, :columns].reshape(rows // _COARSE, _COARSE, columns // _COARSE, _COARSE)
    means: NDArray[np.int16] = blocks.mean((1, 3)).astype(np.int16)
    return means


def _hidden(look: Look) -> float:
    """Share of the slide that a lecturer hid all the time."""
    return float(look.moving.mean())
