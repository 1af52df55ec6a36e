"""Kinds of recordings: what happens in them, how often, and how they are compressed.

Shares from 0 to 1 are probabilities for each visit of a slide, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.slides.encode import Coding

_PLAIN = Coding()
_FIXED = Coding(keyint=60, scenecut=0)  # as conference services stream: no key frame at a change of slide


@dataclass(frozen=True)
class Profile:
    width: int = 1920
    height: int = 1080
    minutes: float = 4.0
    coding: Coding = _PLAIN
    variable_rate: bool = False  # frames that would repeat are left out
    from_deck: float = 0.5  # share of slides that are pages of a given deck
    builds: float = 0.35  # of slides
    twins: float = 0.2  # of slides: like the one before but for a number or a word
    revisits: float = 0.12
    fades: float = 0.2
    picture_in_picture: float = 0.0  # of runs of slides; 1 is always
    corner_moves: float = 0.2
    cursor: float = 0.6
    laser: float = 0.0
    ink: float = 0.0
    films: float = 0.0  # of slides: a moving picture inside
    presenter: float = 0.0  # before a visit: full-screen speaker
    demos: float = 0.0  # before a visit: a full-screen film
    black: float = 0.0
    filmed: bool = False  # by a camera in a room
    mean_s: float = 20.0  # of a visit
    long_s: float = 0.0  # one slide stays this long
    page_numbers: float = 0.4  # of recordings

    @property
    def fps(self) -> int:
        return self.coding.fps

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


PROFILES = {
    "screencast": Profile(cursor=0.7, from_deck=0.6),
    "webinar": Profile(
        coding=replace(_FIXED, fps=25),
        picture_in_picture=1,
        presenter=0.15,
        films=0.12,
        laser=0.25,
        cursor=0.3,
    ),
    "ink": Profile(
        width=1280,
        height=720,
        coding=Coding(keyint=60),
        ink=0.8,
        twins=0.3,
        builds=0.5,
        fades=0.05,
    ),
    "filmed": Profile(
        width=1280,
        height=720,
        coding=Coding(fps=25, crf=26),
        filmed=True,
        cursor=0,
        laser=0.4,
        builds=0.3,
        from_deck=0.4,
        twins=0.1,
        mean_s=22,
    ),
    "mixed": Profile(
        picture_in_picture=0.5,
        presenter=0.12,
        black=0.06,
        films=0.1,
        ink=0.25,
        laser=0.15,
        fades=0.35,
        twins=0.25,
        revisits=0.18,
    ),
    # A talk that leaves its slides for films and for the speaker.
    "demo": Profile(
        width=1280,
        height=720,
        demos=0.35,
        presenter=0.15,
        films=0.1,
        fades=0.3,
        mean_s=12,
    ),
    # A screen recording with a key frame each 40 s and frames only where something changed.
    "static": Profile(
        width=1280,
        height=720,
        coding=Coding(fps=15, keyint=600, scenecut=0),
        variable_rate=True,
        cursor=0.25,
        mean_s=18,
        long_s=120,
    ),
}
