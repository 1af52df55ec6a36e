"""A program shown amid slides is no slide; slides that are shown in a program are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from slide_videos import Picture, graph, look, record, shown, slide

from app.lectures.slides import extract, extract_part, join, plan
from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct import programs
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.distinct.program_bars import bars_of
from app.lectures.slides.distinct.program_words import Window
from app.lectures.slides.distinct.programs import leave_out_programs
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import State

A = slide("Motivation", ["Aggregate demand", "Price stickiness", "Who sets them"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])
SIZE = 1280, 720
BROWSER = [(16, 8, "Results dashboard    x"), (300, 8, "Inbox    x"), (560, 8, "+"), (1180, 8, "-   o   x")]
EDITOR = [
    (20, 8, "File   Edit   Selection   View   Go   Run   Terminal   Help"),
    (560, 8, "train.py - project"),
]
TASKS = [(60, 700, "Type here to search"), (400, 700, "Mail"), (640, 700, "Files"), (1190, 700, "10:32")]


def large(page: Picture) -> Picture:
    return np.asarray(cv2.resize(page, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def window(
    bars: Sequence[tuple[int, int, str]], content: str, address: str = "", *, foot: bool = False
) -> Picture:
    """A program's window that fills the screen, in small print; `foot`: above a task bar."""
    picture = Image.new("RGB", SIZE, (250, 250, 250))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 66), (222, 225, 230))
    if foot:
        draw.rectangle((0, 678, *SIZE), (235, 235, 235))
    small, body = ImageFont.load_default(16), ImageFont.load_default(22)
    for x, y, text in (*bars, (90, 40, address), (1150, 40, "Share"), (700, 40, "Open")):
        draw.text((x, y), text, (30, 30, 30), font=small)
    for row, line in enumerate(content.split("|")):
        draw.text((80, 110 + 60 * row), line, (20, 20, 20), font=body)
    return np.asarray(picture, np.uint8)


def recorded(folder: Path, *pictures: Picture, each_s: float = 4.0) -> Path:
    script = shown(*((each_s * place, picture) for place, picture in enumerate(pictures)))
    return record(folder / "talk.mp4", script, each_s * len(pictures))


def kinds(recording: Path, out: Path) -> tuple[int, list[str]]:
    found = extract(recording, out)
    return len(found.slides), [other.kind for other in found.other]


DASHBOARD = "Cases by country|1,204 in the north|88 in the south", "Filters|From April to June|All states"


@pytest.mark.parametrize(
    "program",
    [
        [window(BROWSER, text, "dashboard.example.com/cases") for text in DASHBOARD],
        [
            window(EDITOR, text)
            for text in ("import numpy|def train(model):", "for epoch in range(9):|loss()")
        ],
        [
            window(TASKS, text, foot=True)
            for text in ("Name   Size|report   12 kB", "Copying...|3 of 9 files")
        ],
    ],
    ids=["address", "menu", "task bar"],
)
def test_a_program_amid_the_slides_is_told_by_its_bars(program: list[Picture], tmp_path: Path) -> None:
    recording = recorded(tmp_path, large(A), large(B), *program, large(C))
    slides, others = kinds(recording, tmp_path / "out")
    assert slides == 3
    assert set(others) == {"video"}


def test_slides_shown_in_a_window_stay(tmp_path: Path) -> None:
    pages = [window(BROWSER, text, "docs.google.com/presentation/d/1x") for text in (*DASHBOARD, "The end")]
    assert kinds(recorded(tmp_path, *pages, large(A)), tmp_path / "out") == (4, [])


def test_slides_with_small_print_above_and_below_stay(tmp_path: Path) -> None:
    bars = [(20, 10, "Introduction"), (400, 10, "Methods"), (800, 10, "Results"), (1100, 10, "Discussion")]
    foot = [
        (20, 700, "Kim et al."),
        (560, 700, "On dashboards"),
        (900, 700, "5/15/2021"),
        (1220, 700, "3/20"),
    ]
    pages = [window([*bars, *foot], text, foot=True) for text in (*DASHBOARD, "Thank you|Questions?")]
    assert kinds(recorded(tmp_path, large(A), large(B), large(C), *pages), tmp_path / "out") == (6, [])


def test_who_shows_nothing_but_a_program_gets_its_pictures(tmp_path: Path) -> None:
    program = [window(EDITOR, text) for text in (*DASHBOARD, "return total|print(total)")]
    assert kinds(recorded(tmp_path, large(A), *program), tmp_path / "out") == (4, [])


def test_without_data_to_read_with_it_is_said(tmp_path: Path) -> None:
    program = window(EDITOR, "import numpy|def train(model):")
    recording = recorded(tmp_path, large(A), large(B), large(C), program)
    planned = plan(recording)
    parts = [extract_part(recording, planned, index, tmp_path) for index in range(planned.parts)]
    found = join(recording, planned, parts, tmp_path, language="none").extraction
    assert len(found.slides) == 4
    assert any("apt-get install tesseract-ocr-none" in warning for warning in found.warnings)


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


def test_a_footer_with_a_verse_takes_nothing_away(tmp_path: Path) -> None:
    foot = [(40, 698, "Lectern"), (400, 698, "On letters"), (760, 698, "Kim"), (1100, 698, "John 3:16")]
    pages = [window(foot, text, foot=True) for text in DASHBOARD]
    recording = recorded(tmp_path, large(A), large(B), large(C), *pages)
    assert kinds(recording, tmp_path / "out") == (5, [])


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
