"""One thing in view for a while, with the few looks of it that are kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import cv2
import numpy as np

from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.places import POINTER_HEIGHT, POINTER_WIDTH
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.middle import middles
from app.lectures.slides.pictures.plate import Plate
from app.lectures.slides.pictures.shots import Shot, screen_shots
from app.lectures.slides.pictures.uncovered import uncover
from app.lectures.slides.states.lively import Scene
from app.lectures.slides.states.twins import Turn, TwinWatch

_LOOKS_KEPT = 3
_ALBUM = 9
# Luma from the median that means something stands before the slide; a share of the picture covered by
# it that does not matter.
_COVERED_LUMA, _COVERED = 40, 0.004
_LOOKS_APART_S = 0.8
# Luma by which the coding of a picture that stands may differ, and pixels that do not matter: a pointer's
# that moved on. (What begins to fade does so all over the picture.)
_CODING_LUMA, _FEWEST = 12, 2 * POINTER_WIDTH * POINTER_HEIGHT
# Share of the edges that came with what moves, when that is all that came.
_MOVES = 0.5
# A dissolve takes no longer.
LONGEST_PASSAGE_S = 2.0
# Edges of a slide, at least: fewer are a blank.
FEWEST_EDGES = 60
# What had this share of its edges before it grew was drawn upon, not built.
DRAWN_UPON = 0.6


@dataclass
class State:
    """One thing in view from start to end; `looks` are the last few spaced views of it at its fullest."""

    kind: str
    start_s: float
    end_s: float
    looks: list[Look] = field(default_factory=list)
    album: list[Look] = field(default_factory=list)
    built: bool = False  # it grew on the way: looks of its beginning show less of it
    stirred: bool = False  # so much moved in it at times that it may be somebody filmed
    goes_on: bool = False  # most of what followed it looks the same
    bare: Look | None = None  # if it grew: what it was like before, without ink or its last builds
    steps: tuple[float, ...] = ()  # and seconds at which it was seen on the way, before each growth
    shots: tuple[Shot, ...] = ()  # what to make its picture from, once that is decided
    uncovered: tuple[Shot, ...] = ()  # and what to lay over it then: places that a speaker's box hides in it
    plate: Plate | None = None
    sparer: State | None = None  # a filmed one, as it was before it last grew
    watch: TwinWatch = field(default_factory=TwinWatch)  # before a camera
    scene: Scene | None = None  # that a presenter is in
    last: Look | None = None  # seen, whether kept or not
    _waiting: Look | None = None

    def see(self, look: Look, noise: Noise) -> Turn | None:
        """Keep a few looks. One is taken in only when the picture still is the same a while later: a slow
        dissolve differs little from step to step and would otherwise carry the state along with it.

        A turn: it has been another slide for some seconds, a twin of this one.
        """
        self.end_s, self.last = look.t, look
        if self.kind == "presenter":
            self._see_lively(look)
            return None
        if noise.is_filmed:
            shown = self.looks[-1]
            self._see_filmed(look)
            return self.watch.see(look, shown, noise) if self.kind == "slide" else None
        before = self._waiting
        if before is None or look.t - before.t >= _LOOKS_APART_S:
            if before is not None and relate([before], [look], noise) is Relation.SAME:
                self.looks = [*self.looks, before][-_LOOKS_KEPT:]
                self._keep_first(before)
                self._keep(before)
            self._waiting = look
        # Seldom does a slide stand for another key frame, and a picture of any other takes long to decode.
        if look.key and before is not None and _stands(before, look):
            self._keep(look)
        return None

    def _keep_first(self, look: Look) -> None:
        """The very first look, too, if it is a key frame that stands: the slide came with it."""
        first = self.looks[0]
        if not self.album and first.key and first is not look and _stands(first, look):
            self._keep(first)

    def _keep(self, look: Look) -> None:
        if not self.album or self.album[-1] is not look:
            self.album.append(look)
            if len(self.album) > _ALBUM:
                others = [look for look in self.album if not look.key]
                spare = (others if len(others) > _ALBUM // 2 else self.album)[1::2]
                self.album = [look for look in self.album if look not in spare]

    def arrive(self, noise: Noise) -> None:
        """Keep the last look in place of the first, in which a dissolve may still have been under way."""
        if self.last is None or self.kind != "slide" or self.plate is not None or len(self.looks) > 1:
            return
        first = self.looks[0]
        if first.key and _stands(first, self.last) and np.array_equal(first.moving, self.last.moving):
            return  # it was not, and a key frame is decoded alone
        if relate(self.looks, [self.last], noise) is Relation.SAME:
            self.looks = [self.last]

    def fades_in_after(self, before: Look) -> bool:
        """Whether its first look lies between what was before and what was seen last: both show through."""
        if self.last is None or self.kind != "slide" or self.plate is not None:
            return False
        first, last = self.looks[0].gray, self.last.gray
        darker, brighter = cv2.min(before.gray, last), cv2.max(before.gray, last)
        mixed = (cv2.subtract(first, darker) > _CODING_LUMA) & (cv2.subtract(brighter, first) > _CODING_LUMA)
        return int(np.count_nonzero(mixed)) >= FEWEST

    def _see_lively(self, look: Look) -> None:
        if self.scene is None:  # its first look of all may show what was before
            self.scene = Scene(look)
        self.scene.see(look)

    def _see_filmed(self, look: Look) -> None:
        """A lecturer hides now this, now that: the state's look is put together from all that was seen."""
        if self.plate is None:
            self.plate = Plate(self.looks[0])
        self.plate.add(look)
        self.looks = [self.plate.look()]

    def turned(self, turn: Turn) -> State:
        """The twin that this is after a turn; what was taken for this slide since then is given up."""
        twin = State(self.kind, turn.at_s, turn.looks[-1].t, turn.looks[:1], last=turn.looks[-1])
        for look in turn.looks[1:]:
            twin._see_filmed(look)
        if self.sparer is not None and turn.at_s <= self.sparer.end_s:  # it only seemed to grow since then
            self.plate = self.sparer.plate
        self.looks, self.end_s = [turn.before], turn.at_s
        if self.plate is not None:
            self.plate.album.forget_since(turn.at_s)
        return twin

    def grow(self, fuller: State) -> None:
        """Go on as `fuller`, which shows all of this and more."""
        if self.plate is not None and self._before_passage_to(fuller.start_s) is None:
            # A dissolve may seem to be several builds.
            self.sparer = dataclasses.replace(self, end_s=fuller.start_s, sparer=None)
        seen = self.album or self.looks
        self.steps = tuple(dict.fromkeys((*self.steps, *([] if self.steps else [seen[0].t]), seen[-1].t)))
        if fuller.plate is not None and self.plate is not None:
            fuller.plate.inherit(self.plate)
            fuller.looks = [fuller.plate.look()]
        elif self.bare is None or self.bare.edge_count < DRAWN_UPON * self.looks[-1].edge_count:
            self.bare = self.looks[-1]
        self.end_s, self.looks, self.album, self.plate = (
            fuller.end_s,
            fuller.looks,
            fuller.album,
            fuller.plate,
        )
        self.watch.interrupt()

    def without_passage(self) -> State:
        """What there was before a dissolve to the next slide, if that is what this ends with.

        All that fades in a camera's picture seems to move, as if somebody stood before it. What of the next
        slide shows up around that looks like a build, and nothing else would be left of this slide.
        """
        before = self._before_passage_to(self.end_s)
        return self if before is None else dataclasses.replace(before, end_s=self.end_s)

    def _before_passage_to(self, end_s: float) -> State | None:
        lasted = self.sparer is None or end_s - self.sparer.end_s >= LONGEST_PASSAGE_S
        return None if lasted else self.sparer

    @property
    def views(self) -> int:
        """How many looks its picture can be chosen from."""
        return len(self.album) if self.plate is None else len(self.plate.album)

    def choose_shots(self) -> tuple[Shot, ...]:
        """Decide on the frames for its picture."""
        if not self.shots and self.plate is not None:
            self.shots = self.plate.album.shots()
        if not self.shots:
            album, clearest = self.album or self.looks, self.clearest()
            self.shots = screen_shots(album, clearest)
            if self.plate is None:
                self.uncovered = uncover(clearest, [look for look in reversed(album) if look is not clearest])
        return self.shots

    def clearest(self) -> Look:
        """The look with the least before it: nearest to the median of the whole stretch."""
        album = self.album or self.looks
        small = [look.gray[::4, ::4] for look in album]
        twice = np.sum(middles(small), axis=0, dtype=np.int16)  # the median may lie between two values
        moving = np.stack([look.moving[::4, ::4] for look in album]).any(0)  # however it covers, it is there
        off = np.abs(2 * np.stack(small).astype(np.int16) - twice) > 2 * _COVERED_LUMA
        covered = (off & ~moving).mean((1, 2))
        clear = [
            look for look, share in zip(album, covered, strict=True) if share <= covered.min() + _COVERED
        ]
        # Key frames decode fastest; coding gets better while a picture stands.
        return max(clear, key=lambda look: (look.key, look.t))


@dataclass(frozen=True)
class Growth:
    """That a slide was found to have grown into what followed it, and which edges came with that."""

    before: State
    at_s: float
    came: Mask

    @classmethod
    def of(cls, state: State, fuller: State, noise: Noise) -> Growth | None:
        """None: of a camera's picture, in which nobody comes into the slide by a cut."""
        if noise.is_filmed:
            return None
        first, second = state.looks[-1], fuller.looks[-1]
        came = second.edges & differs(first.gray, second.gray, noise) & ~second.moving
        return cls(dataclasses.replace(state, end_s=fuller.start_s), fuller.start_s, came)

    def moves_in(self, look: Look) -> bool:
        """Whether most of what came is known to move by now."""
        came = int(np.count_nonzero(self.came))
        return int(np.count_nonzero(self.came & look.moving)) > _MOVES * max(1, came)


def _stands(one: Look, other: Look) -> bool:
    """Whether nothing fades between two looks, however near in time: they differ by their coding only.

    What moves beside the slide does not count, nor a pointer.
    """
    differs = (cv2.absdiff(one.gray, other.gray) > _CODING_LUMA) & ~one.moving & ~other.moving
    return int(np.count_nonzero(differs)) < _FEWEST


def kind_of(look: Look) -> str:
    if look.is_black:
        return "black"
    return "presenter" if look.alive else "slide"
