"""From states to distinct slides: what is shown again, what is drawn upon, and what only looks the same."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import Picture, look, slide, with_pointer

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.states.state import State

NOISE = Noise()
A = slide("Overview", ["Price stickiness", "The output gap"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
B_FIRST = slide("Case study", ["Exchange-rate regime"])
C = slide("Summary", ["Window functions", "Group delay"])


def state(picture: np.ndarray, start_s: float, end_s: float) -> State:
    return State("slide", start_s, end_s, [look(picture, start_s), look(picture, end_s)])


def test_a_revisit_is_the_same_slide_and_a_fuller_visit_gives_its_picture() -> None:
    book = SlideBook(NOISE)
    book.add_all([state(B_FIRST, 0, 4), state(A, 4, 8), state(B, 8, 12), state(B_FIRST, 12, 15)])
    assert [[(i.start_s, i.end_s) for i in s.intervals] for s in book.slides] == [
        [(0, 4), (8, 15)],
        [(4, 8)],
    ]
    assert book.slides[0].picture_s == 12


def test_a_twin_is_kept_apart_and_a_pointer_on_a_word_is_not() -> None:
    twin = slide("Overview", ["Price stickiness", "The output gop"])
    apart = SlideBook(NOISE)
    apart.add_all([state(A, 0, 9), state(twin, 9, 20), state(C, 20, 30)])
    assert len(apart.slides) == 3
    pointed = SlideBook(NOISE)
    pointed.add_all([state(A, 0, 9), state(with_pointer(A, 90, 88), 9, 12.5), state(A, 12.5, 20)])
    assert [len(s.intervals) for s in pointed.slides] == [1]


def test_a_twin_shown_shortly_is_kept_apart_when_another_slide_follows() -> None:
    twin = slide("Overview", ["Price stickiness", "The output gop"])
    book = SlideBook(NOISE)
    book.add_all([state(B, 0, 9), state(A, 9, 12), state(twin, 12, 15), state(C, 15, 30)])
    assert [len(s.intervals) for s in book.slides] == [1, 1, 1, 1]


def drawn_upon(picture: Picture, ink: Picture, start_s: float) -> State:
    bare = look(picture, start_s)
    return State("slide", start_s, start_s + 9, [look(ink, start_s + 5)], bare=bare)


def underlined(picture: Picture, x: int, y: int, *, loops: bool = False) -> Picture:
    """With ink: a line of loops over text, or a plain one."""
    t = np.linspace(0, 1, 400)
    points = np.stack([x + 170 * t, y + (14 if loops else 2) * np.sin(90 * t)], axis=1).astype(np.int32)
    return cv2.polylines(picture.copy(), [points], False, (210, 30, 30), 2, cv2.LINE_AA)


def test_a_slide_seen_again_with_other_ink_over_its_text_is_the_same() -> None:
    page = slide("Overview", ["Price stickiness", "The output gap", "Capital controls", "A liquidity trap"])
    scribbled, lined = underlined(page, 60, 140, loops=True), underlined(page, 60, 150)
    assert relate([look(scribbled)], [look(lined)], NOISE) is Relation.NEW
    book = SlideBook(NOISE)
    book.add_all([drawn_upon(page, scribbled, 0), state(C, 9, 20), drawn_upon(page, lined, 20)])
    assert [len(s.intervals) for s in book.slides] == [2, 1]


def test_twins_drawn_upon_are_told_by_what_they_were_before() -> None:
    lines = ["Price stickiness", "The output gap at n = 371", "A liquidity trap"]
    first, twin = (slide("Overview", [lines[0], line, lines[2]]) for line in (lines[1], lines[1][:-1] + "7"))
    one, other = underlined(first, 60, 195), underlined(twin, 60, 110)
    book = SlideBook(NOISE)
    book.add_all([drawn_upon(first, one, 0), drawn_upon(twin, other, 9), state(C, 18, 30)])
    assert len(book.slides) == 3


def test_slides_that_differ_by_what_came_last_are_no_revisit() -> None:
    lines = ["Price stickiness", "The output gap", "Capital controls", "Exchange-rate regime"]
    bare, one, other = (
        slide("Overview", [*lines, *last]) for last in ([], ["By induction"], ["Over 30 years"])
    )
    book = SlideBook(NOISE)
    book.add_all([drawn_upon(bare, one, 0), state(C, 9, 20), drawn_upon(bare, other, 20)])
    assert len(book.slides) == 3


def test_an_empty_picture_is_no_slide() -> None:
    book = SlideBook(NOISE)
    book.add(state(np.full_like(A, 255), 0, 10))
    assert book.slides == []
    assert [one.kind for one in book.other] == ["none"]
