"""A program shown amid slides is no slide; slides that are shown in a program are."""

from __future__ import annotations

from pathlib import Path

import pytest
from program_pictures import BROWSER, DASHBOARD, EDITOR, TASKS, A, B, C, large, window
from slide_videos import Picture, record, shown

from app.lectures.slides import extract, extract_part, join, plan


def recorded(folder: Path, *pictures: Picture, each_s: float = 4.0) -> Path:
    script = shown(*((each_s * place, picture) for place, picture in enumerate(pictures)))
    return record(folder / "talk.mp4", script, each_s * len(pictures))


def kinds(recording: Path, out: Path) -> tuple[int, list[str]]:
    found = extract(recording, out)
    return len(found.slides), [other.kind for other in found.other]


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


def test_a_footer_with_a_verse_takes_nothing_away(tmp_path: Path) -> None:
    foot = [(40, 698, "Lectern"), (400, 698, "On letters"), (760, 698, "Kim"), (1100, 698, "John 3:16")]
    pages = [window(foot, text, foot=True) for text in DASHBOARD]
    recording = recorded(tmp_path, large(A), large(B), large(C), *pages)
    assert kinds(recording, tmp_path / "out") == (5, [])
