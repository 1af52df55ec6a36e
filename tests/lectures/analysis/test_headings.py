from __future__ import annotations

import pytest
from lecture_texts import load, slide_texts

from app.lectures.analysis.headings import lecture_title, slide_titles, title_stem
from app.lectures.model import SlideText
from app.lectures.slide_text import clean_line, content_lines, content_text


def one(*lines: tuple[str, int]) -> tuple[SlideText, ...]:
    return slide_texts({"slides": [{"number": 1, "lines": [list(line) for line in lines]}]})


def test_titles_are_the_large_lines_on_top() -> None:
    assert list(slide_titles(slide_texts(load("hash_tables"))).values()) == [
        "Hash Tables",
        "Why not just an array?",
        "Hash functions",
        "Collisions",
        "Separate chaining",
        "Open addressing",
        "Open addressing (cont.)",
        "Load factor and resizing",
        "Summary",
    ]


def test_running_header_is_no_title_and_no_content() -> None:
    texts = slide_texts(load("membranes"))
    titles = slide_titles(texts)
    assert titles[4] == "Inside and outside the cell"
    assert titles[12] == "Synapses"
    assert all("Physiology II" not in content_text(lines) for lines in content_lines(texts).values())


def test_a_title_on_every_continued_slide_is_no_running_header() -> None:
    slides = [
        {"number": n, "lines": [["Merge sort", 60], [f"step {word}", 30], [f"then {word} again", 30]]}
        for n, word in enumerate(["split", "merge", "copy", "recurse"], start=1)
    ]
    assert set(slide_titles(slide_texts({"slides": slides})).values()) == {"Merge sort"}


def test_a_title_may_wrap() -> None:
    texts = one(
        ("A very long title that", 60), ("needs a second line", 58), ("• first point", 30), ("• second", 30)
    )
    assert slide_titles(texts)[1] == "A very long title that needs a second line"


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("• Insert at the head", "Insert at the head"),
        ("» Queues | 12 / 40", "Queues"),
        ("a + b = c", "a + b = c"),
    ],
)
def test_bullets_page_numbers_and_marks_go(line: str, cleaned: str) -> None:
    assert clean_line(line) == cleaned


def test_ocr_junk_is_no_content() -> None:
    junk = slide_texts({"slides": [{"number": 1, "lines": [["Real title", 60], ["sure looking", 30]]}]}, 0.2)
    assert content_lines(junk)[1] == ()


@pytest.mark.parametrize(
    "title", ["Open addressing", "Open addressing (cont.)", "Open Addressing 2/3", "Open addressing (2)"]
)
def test_continued_titles_share_a_stem(title: str) -> None:
    assert title_stem(title) == "open addressing"


def test_lecture_title_from_the_title_slide() -> None:
    assert lecture_title(slide_texts(load("membranes")), 1, (), ()) == "The Membrane Potential"


def test_bullets_on_the_first_slide_are_no_lecture_title() -> None:
    texts = one(("Three reasons", 50), ("• speed", 30), ("• size", 30))
    spoken = ["Today we're going to talk about binary search trees, which are fast."]
    assert lecture_title(texts, 1, spoken, ["rotation"]) == "Binary search trees"
    assert lecture_title(texts, 1, [], ["rotation", "red-black tree"]) == "Rotation and red-black tree"
    assert lecture_title(texts, 1, [], []) == "Three reasons"


def test_no_source_no_title() -> None:
    assert lecture_title((), None, ["Hello and good morning."], ()) == ""
