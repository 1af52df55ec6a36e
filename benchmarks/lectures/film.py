"""The recording of a planned lecture: pages on the screen, a pointer now and then, the speaker's voice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.lectures.plan import Lecture, Shown
from benchmarks.slides.actors import Head, Picture, Way, draw_cursor, place, way
from benchmarks.slides.encode import Repeat, Sound

POINTED = 0.3  # probability that the pointer moves while a page is shown
POINTED_S = 12.0
HEAD_FPS = 10  # the speaker's face need not be smooth


def pictures(
    lecture: Lecture, pages: Mapping[int, Picture], size: tuple[int, int], fps: int, seed: int
) -> Iterator[Picture | Repeat]:
    """One item a frame time."""
    chance = random.Random(f"film/{seed}")
    head = Head(seed)
    number = 0
    for shown in lecture.shown:
        pointer = _pointer(chance, shown)
        before: object = None
        while (second := number / fps) < shown.end_s - 1e-9:
            looks: object  # what tells this frame from the one before
            if shown.page is None:
                looks = number * HEAD_FPS // fps
                if looks != before:
                    yield head.draw(*size, second)
            elif pointer is not None and pointer[0, 0] <= second <= pointer[-1, 0]:
                x, y = place(pointer, second)
                looks = round(x * size[0]), round(y * size[1])
                if looks != before:
                    picture = pages[shown.page].copy()
                    draw_cursor(picture, (x, y))
                    yield picture
            else:
                looks = "still"
                if looks != before:
                    yield pages[shown.page]
            if looks == before:
                yield Repeat.ENCODED
            before = looks
            number += 1


def _pointer(chance: random.Random, shown: Shown) -> Way | None:
    if chance.random() >= POINTED:
        return None
    begin = chance.uniform(shown.start_s, shown.end_s - 1)
    return way(chance, begin, min(begin + POINTED_S, shown.end_s))


def sound(lecture: Lecture, said: Mapping[str, Path], rate: int) -> Iterator[Sound]:
    """The sentences at their seconds over a room's faint hiss, by the second."""
    chance = np.random.default_rng(1)
    waiting = list(lecture.said)
    heard: list[tuple[int, NDArray[np.int16]]] = []
    for second in range(int(np.ceil(lecture.duration_s))):
        first = second * rate
        length = min(rate, round(lecture.duration_s * rate) - first)
        while waiting and waiting[0].start_s < second + 1:
            sentence = waiting.pop(0)
            heard.append((round(sentence.start_s * rate), np.load(said[sentence.text])))
        block = chance.normal(0, 0.0006, length).astype(np.float32)
        for start, samples in heard:
            a, b = max(start, first), min(start + len(samples), first + length)
            if a < b:
                block[a - first : b - first] += 0.8 / 32767 * samples[a - start : b - start]
        heard = [(start, samples) for start, samples in heard if start + len(samples) > first + length]
        yield np.clip(block, -1, 1)
