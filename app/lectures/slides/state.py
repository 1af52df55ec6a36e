"""One thing in view for a while, with the few looks of it that are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from app.lectures.slides.compare import Noise, Relation, relate
from app.lectures.slides.lively import Scene
from app.lectures.slides.look import Look
from app.lectures.slides.plate import Plate
from app.lectures.slides.shots import Shot, screen_shots

_LOOKS_KEPT = 3
_ALBUM = 9
# Luma from the median that means something stands before the slide; a share of the picture covered by
# it that does not matter.
_COVERED_LUMA, _COVERED = 40, 0.004
_LOOKS_APART_S = 0.8


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
    scene: Scene | None = None  # that a presenter is in
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
        if self.scene is None:  # its first look of all may show what was before
            self.scene = Scene(look)
        self.scene.see(look)

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
