"""The course of a rendered recording: which slide when, what builds, what moves over it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image

from benchmarks.slides import content, decks, drawing
from benchmarks.slides.actors import Way, way
from benchmarks.slides.profiles import Profile

SHORTEST_S = 1.2
Kind = Literal["slide", "presenter", "video", "black"]
Stroke = tuple[float, float, list[tuple[float, float]]]  # begun, done (seconds), points 0..1


@dataclass(eq=False)
class Slide:
    """A logical slide: pictures of its build steps, the last of which is the slide."""

    slide_id: str
    builds: list[Image.Image]
    title: str
    content: content.Content | None = None
    near_of: str | None = None

    @property
    def film_box(self) -> tuple[float, float, float, float] | None:
        return drawing.FILM_BOX if self.content and self.content.kind == "film" else None


@dataclass(eq=False)
class Segment:
    """A stretch of one view. `builds` are (start, end, step) in seconds and steps from 0."""

    kind: Kind
    slide: Slide | None
    start_s: float
    end_s: float
    fade_s: float
    builds: list[tuple[float, float, int]] = field(default_factory=list)
    builds_fade: bool = False
    effects: list[str] = field(default_factory=list)
    cursor: Way | None = None
    laser: Way | None = None
    ink: list[Stroke] = field(default_factory=list)
    ink_colour: tuple[int, int, int] = (0, 0, 0)
    corner: int | None = None  # where the speaker's little picture is: 0..3

    @property
    def shows(self) -> list[str]:
        return self.effects + ([] if self.corner is None else [f"pip{self.corner}"])


def slides(profile: Profile, chance: random.Random, given: Sequence[Path]) -> list[Slide]:
    """So many slides as the profile's minutes need; `given` are PDF decks, or none."""
    width, height = profile.size
    count = max(4, int((profile.minutes * 60 - profile.long_s) / profile.mean_s))
    pages = decks.pages(given, width, height, round(count * profile.from_deck), chance) if given else []
    topic = chance.choice(sorted(content.TOPICS))
    theme = chance.randrange(len(drawing.THEMES))
    numbered = chance.random() < profile.page_numbers
    made: list[Slide] = []
    for i, from_deck in enumerate(_runs(count - len(pages), len(pages), chance)):
        slide_id, before = f"s{i:03d}", made[-1] if made else None
        if from_deck:
            name, page = pages.pop(0)
            steps = chance.randint(2, 4) if chance.random() < profile.builds * 0.6 else 1
            made.append(Slide(slide_id, decks.reveal(page, steps, chance) if steps > 1 else [page], name))
            continue
        if before is not None and before.content is not None and chance.random() < profile.twins:
            told = _twin(chance, before.content, made)
            whole = drawing.draw(told, width, height, 9)[-1]
            made.append(Slide(slide_id, [whole], told.title, told, near_of=before.slide_id))
            continue
        if chance.random() < 0.08:
            theme = chance.randrange(len(drawing.THEMES))
        film = chance.random() < profile.films
        told = content.invent(chance, topic, theme, page=i + 1 if numbered else None, film=film)
        builds = drawing.draw(told, width, height, 5)
        made.append(
            Slide(slide_id, builds if chance.random() < profile.builds else builds[-1:], told.title, told)
        )
    return made


def _twin(chance: random.Random, of: content.Content, made: Sequence[Slide]) -> content.Content:
    """A twin that is none of the slides there are already: the twin of a twin may be like the first."""
    while True:
        told = content.twin(chance, of)
        if all(slide.content != told for slide in made):
            return told


def _runs(drawn: int, paged: int, chance: random.Random) -> list[bool]:
    """Runs of drawn slides (False) and of a deck's pages (True) in turn, so that a deck looks like one."""
    order: list[bool] = []
    left = {False: drawn, True: paged}
    while any(left.values()):
        for kind in left:
            run = min(chance.randint(3, 7), left[kind])
            order += [kind] * run
            left[kind] -= run
    return order


class Writer:
    """Lays segments one after another on the frames' grid."""

    def __init__(self, profile: Profile, chance: random.Random) -> None:
        self.profile, self.chance = profile, chance
        self.segments: list[Segment] = []
        self.now = 0.0

    def _on_grid(self, seconds: float) -> float:
        return round(seconds * self.profile.fps) / self.profile.fps

    def add(
        self,
        kind: Kind,
        length_s: float,
        slide: Slide | None,
        fade_s: float,
    ) -> Segment:
        end = self._on_grid(self.now + self._on_grid(max(length_s, SHORTEST_S)))
        fade = self._on_grid(fade_s) if self.segments else 0.0
        segment = Segment(kind, slide, self.now, end, fade)
        self.segments.append(segment)
        self.now = end
        return segment

    def visit(self, slide: Slide, length_s: float, *, first: bool) -> None:
        steps = len(slide.builds)
        building = first and steps > 1
        fade = self.chance.uniform(0.3, 1.5) if self.chance.random() < self.profile.fades else 0.0
        segment = self.add("slide", max(length_s, 2.5 + (3.0 * steps if building else 0)), slide, fade)
        starts = [segment.start_s]
        if building:
            body = (segment.end_s - segment.start_s - segment.fade_s) * 0.9
            shares = sorted(self.chance.uniform(0.12, 0.8) for _ in range(steps - 1))
            for i, share in enumerate(shares):
                wanted = segment.start_s + segment.fade_s + max(share, 0.12 + 0.5 * i / steps) * body
                starts.append(self._on_grid(max(starts[-1] + 1.5, wanted)))
            starts = [start for start in starts if start < segment.end_s - 1.0]
            segment.builds_fade = self.chance.random() < 0.3
        ends = [*starts[1:], segment.end_s]
        skipped = steps - len(starts)
        segment.builds = [(a, b, i + skipped) for i, (a, b) in enumerate(zip(starts, ends, strict=True))]


def write(profile: Profile, chance: random.Random, made: Sequence[Slide]) -> list[Segment]:
    """The whole recording, without gap from 0; about as long as the profile says."""
    writer, shown = Writer(profile, chance), list[Slide]()
    for i, slide in enumerate(made):
        if writer.now > profile.minutes * 60 - 4:
            break
        if i and chance.random() < profile.black:
            writer.add("black", chance.uniform(1.5, 5), None, 0.0)
        if i and profile.demos and chance.random() < profile.demos:
            writer.add("video", chance.uniform(6, 20), None, chance.choice((0, 0, 0.5)))
        if i and chance.random() < profile.presenter:
            writer.add("presenter", chance.uniform(4, 25), None, chance.choice((0, 0, 0.5)))
        usual = min(90, max(3, chance.lognormvariate(math.log(profile.mean_s) - 0.25, 0.7)))
        writer.visit(slide, profile.long_s if profile.long_s and i == 3 else usual, first=True)
        shown.append(slide)
        if chance.random() < profile.revisits and len(shown) > 3:
            writer.visit(chance.choice(shown[-7:-1]), chance.uniform(3, 14), first=False)
            if chance.random() < 0.6:
                writer.visit(slide, chance.uniform(3, 10), first=False)
    segments = [s for s in writer.segments if s.start_s < profile.minutes * 60]
    for segment in segments:
        _dress(segment, profile, chance)
    _place_speaker(segments, profile, chance)
    return segments


def _dress(segment: Segment, profile: Profile, chance: random.Random) -> None:
    if segment.slide is None:
        return
    shares = {"cursor": profile.cursor, "laser": profile.laser, "ink": profile.ink}
    segment.effects = [name for name, share in shares.items() if chance.random() < share]
    if segment.slide.film_box:
        segment.effects.append("embed")
    if "cursor" in segment.effects:
        segment.cursor = way(chance, segment.start_s, segment.end_s)
    if "laser" in segment.effects:
        segment.laser = way(chance, segment.start_s, segment.end_s, rests=0.2)
    if "ink" in segment.effects:
        segment.ink = _strokes(segment, chance)
        segment.ink_colour = chance.choice(((210, 30, 30), (20, 60, 220), (20, 140, 50)))


def _strokes(segment: Segment, chance: random.Random) -> list[Stroke]:
    strokes: list[Stroke] = []
    at = segment.start_s + chance.uniform(1, 3)
    while at < segment.end_s - 1.5 and len(strokes) < 14:
        x, y, length = chance.uniform(0.1, 0.7), chance.uniform(0.2, 0.8), chance.uniform(0.06, 0.25)
        form = chance.choice(("line", "ring", "word"))
        points = []
        for i in range(31):
            if form == "line":
                points.append((x + length * i / 30, y + 0.004 * math.sin(i)))
            elif form == "ring":
                angle = 6.5 * i / 30
                points.append((x + length / 2 * math.cos(angle), y + length / 3 * math.sin(angle)))
            else:
                points.append((x + length * 0.7 * i / 30, y + 0.02 * math.sin(2.2 * i) * (1 + i % 3)))
        takes = chance.uniform(0.5, 2)
        strokes.append((at, at + takes, points))
        at += takes + chance.uniform(0.8, 6)
    return strokes


def _place_speaker(segments: Sequence[Segment], profile: Profile, chance: random.Random) -> None:
    """The little picture keeps its corner for a while, moves, goes and comes back."""
    corner, on = chance.randrange(4), True
    wanted, left = profile.picture_in_picture >= 1, 0
    for segment in segments:
        if profile.picture_in_picture < 1 and left == 0:  # only some runs of slides have it
            wanted, left = chance.random() < profile.picture_in_picture, chance.randint(4, 9)
        left = max(0, left - 1)
        if chance.random() < profile.corner_moves:
            corner = chance.randrange(4)
        if chance.random() < 0.1:
            on = not on
        if wanted and on and segment.kind == "slide":
            segment.corner = corner
