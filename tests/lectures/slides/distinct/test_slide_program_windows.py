"""Which windows are left out, on made-up looks; nothing is decoded or read."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from program_pictures import BROWSER, DASHBOARD, EDITOR, A, B, C, large, window
from slide_videos import Picture, graph, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct import programs
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.distinct.program_bars import bars_of
from app.lectures.slides.distinct.program_words import Window
from app.lectures.slides.distinct.programs import leave_out_programs
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import State


def left(told: Callable[[Look], Window | None], *pictures: tuple[float, Picture]) -> tuple[int, list[str]]:
    """How many slides there are of pictures, each shown for some seconds, and what else there is."""
    book, start_s = SlideBook(Noise()), 0.0
    for seconds, picture in pictures:
        small = np.asarray(cv2.resize(picture, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
        book.add(State("slide", start_s, start_s + seconds, [look(small, start_s + seconds / 2)]))
        start_s += seconds
    leave_out_programs(book, Noise(), told)
    return len(book.slides), [other.kind for other in book.other]


def told_first(seen: Look) -> Window | None:
    """What the bars say where they are read: once."""
    return Window.PROGRAM if 60 <= seen.t < 64 else None


def test_what_has_a_programs_bars_is_that_program_though_they_say_nothing() -> None:
    pages = [(20.0, page) for page in (A, B, C)]
    program = [(4.0, window(BROWSER, text, "dashboard.example.com")) for text in DASHBOARD]
    assert left(told_first, *pages, *program) == (3, ["video", "video"])


def test_a_program_shown_for_longer_than_the_slides_has_to_scroll() -> None:
    pages = [(1.0, page) for page in (A, B, C)]
    text = "|".join(f"line {n} of what goes on and on, {n * 37 % 11} and {n * 53 % 17}" for n in range(16))
    program = [(30.0, window(BROWSER, part, "example.com")) for part in (text, text.split("|", 2)[2])]

    def told(seen: Look) -> Window | None:
        return Window.PROGRAM if seen.t > 3 else None

    assert left(told, *pages, *program) == (3, ["video", "video"])
    other = [(30.0, window(BROWSER, part, "example.com")) for part in DASHBOARD]
    assert left(told, *pages, *other) == (5, [])


def test_slides_that_go_on_in_a_window_are_slides() -> None:
    def held(page: Picture) -> Picture:
        picture = window(BROWSER, "", "example.com/talk").copy()
        picture[100:640, 160:1120] = cv2.resize(page, (960, 540), interpolation=cv2.INTER_AREA)
        return picture

    def told(seen: Look) -> Window | None:
        return Window.PROGRAM if bars_of(seen) and seen.t >= 60 else None

    d = slide("Outlook", ["More data", "Fewer words"])
    assert left(told, *((20.0, large(page)) for page in (A, B, C)), (9.0, held(C)), (9.0, held(d))) == (5, [])


def test_a_window_with_the_slide_in_small_is_none() -> None:
    def told(seen: Look) -> Window | None:
        return Window.PAGES if 40 <= seen.t < 43 else None

    small = window(BROWSER, "", "docs.google.com/presentation").copy()
    small[90:600, 300:1207] = cv2.resize(large(B), (907, 510), interpolation=cv2.INTER_AREA)
    pages = (20.0, large(A)), (20.0, large(B)), (3.0, small), (20.0, large(C))
    assert left(told, *pages) == (3, ["none"])


def test_a_menu_that_came_over_a_slide_takes_nothing_away() -> None:
    book, plain = SlideBook(Noise()), large(slide("Outlook", ["More data", "Fewer words"]))
    covered = plain.copy()
    covered[:66] = window(EDITOR, "")[:66]
    pages = [[A], [B], [C], [covered, plain]]
    for place, seen in enumerate(pages):
        small = [
            np.asarray(cv2.resize(one, (640, 360), interpolation=cv2.INTER_AREA), np.uint8) for one in seen
        ]
        looks = [look(one, 20.0 * place + n) for n, one in enumerate(small)]
        book.add(State("slide", 20.0 * place, 20.0 * place + 20, looks))

    def told(seen: Look) -> Window | None:
        return Window.PROGRAM if seen.t >= 60 and bars_of(seen) else None

    book.slides[-1].looks[0] = book.slides[-1].looks[0].model_copy(update={"key": True})
    leave_out_programs(book, Noise(), told)
    assert len(book.slides) == 4


def test_what_is_drawn_at_the_foot_of_everything_tells_no_program() -> None:
    foot = [
        (20, 696, "Lectern webinars"),
        (400, 696, "Ask in the chat"),
        (760, 696, "lesson one"),
        (1100, 696, "Kim"),
    ]
    others = (
        slide("Cuts", ["of a graph", "and of its flows"]),
        graph("Trees", 7, seed=1),
        graph("Heaps", 9, seed=2),
    )
    pages = [large(page) for page in others]
    for page in pages:
        page[678:] = window(foot, "", foot=True)[678:]
    program = [(4.0, window([*EDITOR, *foot], text, "train.py", foot=True)) for text in DASHBOARD]

    def told(seen: Look) -> Window | None:
        return Window.PROGRAM if 60 <= seen.t < 68 else None

    full = [(20.0, page) for page in (A, B, C)]
    assert left(told, *full, *program, *((4.0, page) for page in pages))[0] == 6


def test_the_same_window_with_something_before_its_bars_is_no_slide_in_it() -> None:
    pages = [(20.0, large(page)) for page in (A, B, C)]
    lines = [f"row {n} of what the dashboard counts, {n * 37 % 11} in all" for n in range(9)]
    program = window(BROWSER, "|".join(lines), "example.com")
    hidden = window(
        BROWSER, "|".join([*lines[:7], "another row: 3,141 more", "and 27 of others"]), "example.com"
    ).copy()
    hidden[:60, 200:] = 240

    def told(seen: Look) -> Window | None:
        return Window.PROGRAM if 60 <= seen.t < 64 else None

    assert left(told, *pages, (4.0, program), (4.0, hidden)) == (4, ["video"])


def scattered(seed: int) -> Picture:
    """A page that has nothing in common with that of another seed."""
    dice, page = np.random.default_rng(seed), np.full((360, 640, 3), 245, np.uint8)
    for x, y, width, height in dice.integers((10, 40, 20, 6), (560, 330, 70, 24), (40, 4)).tolist():
        cv2.rectangle(page, (x, y), (x + width, y + height), (30, 30, 30), 1)
    return page


def test_so_many_windows_are_compared_with_slides_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[float] = []

    def told(seen: Look) -> Window | None:
        if int(seen.t) % 4 < 2:
            return None
        return Window.PROGRAM if seen.t < 160 else Window.PAGES

    def shows(window: np.ndarray, slide: np.ndarray, largest: float) -> bool:
        compared.append(largest)
        return False

    monkeypatch.setattr(programs, "shows_most_in_small", shows)
    slides, others = left(told, *((2.0, scattered(seed)) for seed in range(160)))
    assert (slides, set(others)) == (120, {"video"})
    assert len(compared) == 30 + 30 * 4, "the first of each kind; slides on both sides of those with pages"
