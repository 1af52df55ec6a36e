"""The picture at any second of a scripted recording."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from benchmarks.slides.actors import Film, Head, Picture, draw_cursor, draw_laser, place
from benchmarks.slides.encode import Repeat
from benchmarks.slides.profiles import Profile
from benchmarks.slides.room import Room
from benchmarks.slides.script import Segment, Slide

BUILD_FADE_S = 0.4
KEPT_VIEWS = 24
LONGEST_GAP_S = 2.0  # between frames of a recording with a variable rate


class Renderer:
    def __init__(self, profile: Profile, chance: random.Random, segments: Sequence[Segment]) -> None:
        self._profile, self._segments = profile, segments
        self._head = Head(chance.randrange(1 << 30))
        seed = chance.randrange(1 << 30)
        self._room = Room(profile, seed, self._head) if profile.filmed else None
        shown = [segment.slide for segment in segments if segment.slide is not None]
        self._demos = [Film(chance.randrange(1 << 30)) for s in segments if s.kind == "video"]
        self._films = {s.slide_id: Film(chance.randrange(1 << 30)) for s in shown if s.film_box}
        self._views: dict[tuple[str, int], Picture] = {}

    def view(self, slide: Slide, step: int) -> Picture:
        """A build step as it is seen, with nothing moving over it."""
        key = (slide.slide_id, step)
        if key not in self._views:
            if len(self._views) >= KEPT_VIEWS:
                self._views.pop(next(iter(self._views)))
            picture = np.asarray(slide.builds[step])
            self._views[key] = self._room.project(picture) if self._room else picture
        return self._views[key]

    def pictures(self) -> Iterator[Picture | Repeat]:
        """One item a frame time, for `encode.write`."""
        fps = self._profile.fps
        count = round(self._segments[-1].end_s * fps)
        index, before, left_out = 0, None, 0
        for number in range(count):
            second = number / fps
            while second >= self._segments[index].end_s - 1e-9 and index + 1 < len(self._segments):
                index += 1
            segment = self._segments[index]
            picture, moving = self.at(index, second)
            looks = (index, _step(segment, second) if segment.builds else None)
            if moving or looks != before:
                yield picture
                left_out = 0
            elif self._profile.variable_rate and left_out < fps * LONGEST_GAP_S and number < count - 1:
                left_out += 1
                yield Repeat.LEFT_OUT
            else:
                left_out = 0
                yield Repeat.ENCODED
            before = None if moving else looks

    def at(self, index: int, second: float) -> tuple[Picture, bool]:
        """(picture, whether it moves just then) in a segment."""
        segment = self._segments[index]
        picture, moving = self._plain(segment, second)
        if index and second - segment.start_s < segment.fade_s:
            share = (second - segment.start_s) / segment.fade_s
            old, _ = self._plain(self._segments[index - 1], self._segments[index - 1].end_s - 1e-3)
            picture, moving = _blend(old, picture, share), True
        if self._room:
            return self._room.film(picture, second), True
        return picture, moving

    def _plain(self, segment: Segment, second: float) -> tuple[Picture, bool]:
        """Without the fade into the segment."""
        width, height = self._profile.size
        if segment.kind == "black":
            return np.zeros((height, width, 3), np.uint8), False
        if segment.kind == "video":
            number = sum(s.kind == "video" for s in self._segments[: self._segments.index(segment)])
            return self._demos[number].draw(width, height, second - segment.start_s), True
        if segment.slide is None:
            return self._head.draw(width, height, second), True
        start, step = _step(segment, second)
        picture, moving = self.view(segment.slide, step), False
        if segment.builds_fade and step > segment.builds[0][2] and second - start < BUILD_FADE_S:
            share = (second - start) / BUILD_FADE_S
            picture, moving = _blend(self.view(segment.slide, step - 1), picture, share), True
        if segment.shows:
            picture = picture.copy()
            moving |= self._draw_over(picture, segment, second)
        return picture, moving

    def _draw_over(self, picture: Picture, segment: Segment, second: float) -> bool:
        """Everything that is no slide; returns whether some of it moves."""
        width, height = self._profile.size
        moving = _draw_ink(picture, segment, second)
        if segment.slide is not None and segment.slide.film_box:
            x, y, w, h = (
                int(v * n) for v, n in zip(segment.slide.film_box, (width, height) * 2, strict=True)
            )
            film = self._films[segment.slide.slide_id]
            picture[y : y + h, x : x + w] = film.draw(w, h, second - segment.start_s)
            moving = True
        if segment.laser is not None and (second * 0.37) % 3 < 1.6:
            draw_laser(picture, place(segment.laser, second), second)
            moving = True
        if segment.cursor is not None:
            here, before = (place(segment.cursor, t) for t in (second, second - 1 / self._profile.fps))
            draw_cursor(picture, here)
            moving |= any(
                int(a * n) != int(b * n) for a, b, n in zip(here, before, (width, height), strict=True)
            )
        if segment.corner is not None:
            w, h, margin = int(width * 0.19), int(height * 0.19), int(16 * height / 1080)
            x = margin if segment.corner % 2 == 0 else width - w - margin
            y = margin if segment.corner < 2 else height - h - margin
            picture[y : y + h, x : x + w] = self._head.draw(w, h, second)
            moving = True
        return moving


def _step(segment: Segment, second: float) -> tuple[float, int]:
    """(since when, which) build step is shown."""
    begun = [(start, step) for start, _, step in segment.builds if start <= second + 1e-9]
    return begun[-1] if begun else (segment.builds[0][0], segment.builds[0][2])


def _blend(old: Picture, new: Picture, share: float) -> Picture:
    return np.asarray(cv2.addWeighted(new, share, old, 1 - share, 0), np.uint8)


def _draw_ink(picture: Picture, segment: Segment, second: float) -> bool:
    height, width = picture.shape[:2]
    moving = False
    for begun, done, points in segment.ink:
        if second < begun:
            break
        share = min(1.0, (second - begun) / (done - begun))
        drawn = [(x * width, y * height) for x, y in points[: max(2, int(len(points) * share))]]
        thick = max(2, int(5 * height / 1080))
        cv2.polylines(picture, [np.array(drawn, np.int32)], False, segment.ink_colour, thick, cv2.LINE_AA)
        moving |= second < done + 0.1
    return moving
