"""Slides that are drawn upon: a pen's lines over figures and text, and the same slide without them."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.states.state import State

NOISE = Noise()
LINES = ("Recall signal peptides", "Cost of page replacement", "Sampling at n = 371", "Warm restarts")
PEN = (40, 150, 60)


def in_sequence(a: Picture, b: Picture) -> Relation:
    return relate([look(a)], [look(b)], NOISE, in_sequence=True)


def columns(*heights: int) -> Picture:
    """Columns in two colours above their years, on a dark slide."""
    picture = np.full((360, 640, 3), (18, 42, 72), np.uint8)
    cv2.putText(picture, "Motivation: trade", (30, 35), 0, 0.8, (255, 255, 255), 2, cv2.LINE_AA)
    cv2.polylines(picture, [np.array([(80, 80), (80, 310), (420, 310)])], False, (220, 220, 220), 1)
    for i, height in enumerate(heights):
        left, colour = 103 + 39 * i, ((255, 255, 255), (90, 195, 230))[i % 2]
        cv2.rectangle(picture, (left, 309 - height), (left + 34, 309), colour, -1)
        cv2.putText(picture, f"20{15 + i}", (left + 3, 323), 0, 0.35, (220, 220, 220), 1, cv2.LINE_AA)
    return picture


def waved(picture: Picture, x: int, y: int, width: int = 110) -> Picture:
    drawn = picture.copy()
    along = np.arange(x, x + width)
    line = np.stack([along, y + 2 * np.sin(along / 6)], axis=1).round().astype(np.int32)
    cv2.polylines(drawn, [line], False, PEN, 2, cv2.LINE_AA)
    return drawn


def scribbled(picture: Picture, x: int, y: int, width: int = 60) -> Picture:
    drawn = picture.copy()
    line = np.array([(x + 4 * i, y + (30 if i % 2 else 0)) for i in range(width // 4)])
    cv2.polylines(drawn, [line], False, PEN, 2, cv2.LINE_AA)
    return drawn


def circled(picture: Picture, x: int, y: int) -> Picture:
    drawn = picture.copy()
    cv2.ellipse(drawn, (x, y), (48, 17), 0, 0, 360, PEN, 2, cv2.LINE_AA)
    return drawn


def test_a_line_across_dark_ground_and_bright_columns_changes_no_character() -> None:
    figure = columns(40, 50, 80, 170)
    assert in_sequence(figure, waved(figure, 130, 280)) is Relation.BUILD
    assert in_sequence(figure, waved(figure, 90, 250, 200)) is Relation.BUILD


def test_columns_that_were_drawn_upon_and_are_scaled_anew_for_more_of_them_are_a_build() -> None:
    few, many = columns(190, 170, 115, 110), columns(42, 50, 80, 170, 175, 160, 100, 180)

    def drawn(picture: Picture) -> Picture:
        return waved(scribbled(scribbled(circled(picture, 70, 120), 185, 190), 277, 130), 440, 250)

    assert in_sequence(few, many) is Relation.BUILD
    assert in_sequence(drawn(few), drawn(many)) is Relation.BUILD
    assert in_sequence(drawn(many), drawn(few)) is Relation.NEW


def seen(start_s: float, picture: Picture, bare: Picture | None = None) -> State:
    before = None if bare is None else look(bare, start_s)
    return State("slide", start_s, start_s + 9, [look(picture, start_s + 8)], built=True, bare=before)


def test_a_slide_shown_again_in_full_is_known_though_ink_hides_much_of_it() -> None:
    full, first = slide("Motivation", LINES), slide("Motivation", LINES[:1])
    inked = full
    for x, y in ((90, 75), (230, 120), (330, 70), (120, 165), (60, 215), (180, 80)):
        inked = scribbled(inked, x, y, 90)
    assert relate([look(inked)], [look(full)], NOISE) is Relation.NEW
    twin = slide("Motivation", (*LINES[:2], "Sampling at n = 377", LINES[3]))
    another = slide("Motivation", (LINES[0], "Cost of word alignment", *LINES[2:]))
    for other, slides in ((full, 1), (twin, 2), (another, 2)):
        book = SlideBook(NOISE)
        book.add_all([seen(0, inked, first), seen(9, columns(40, 50, 80)), seen(18, other)])
        assert len(book.slides) == 1 + slides
        back = SlideBook(NOISE)
        back.add_all([seen(0, other), seen(9, columns(40, 50, 80)), seen(18, inked, first)])
        assert len(back.slides) == 1 + slides


def test_a_slide_drawn_upon_on_two_visits_is_one_wherever_the_lines_cross() -> None:
    full, first = slide("Motivation", LINES), slide("Motivation", LINES[:2])
    inked = waved(scribbled(circled(full, 450, 190), 330, 120, 90), 430, 300, 150)
    for again in (
        waved(scribbled(full, 540, 280, 70), 300, 135, 200),  # across the scribble and the line
        circled(waved(full, 360, 190, 180), 380, 200),
    ):
        for bare in (full, first):  # built before it was drawn upon, it may be known by its first step
            for one, other in (((inked, bare), (again, full)), ((again, full), (inked, bare))):
                book = SlideBook(NOISE)
                book.add_all([seen(0, *one), seen(9, columns(40, 50, 80)), seen(18, *other)])
                assert len(book.slides) == 2


def test_twins_drawn_upon_stay_apart_though_they_were_built_from_one_step() -> None:
    full, first = slide("Motivation", LINES), slide("Motivation", LINES[:2])
    for line in ("Sampling at n = 377", "Sampling at the limit"):
        twin = slide("Motivation", (*LINES[:2], line, LINES[3]))
        one = waved(scribbled(full, 330, 120, 90), 430, 300, 150), first
        for bare in (first, twin):
            other = scribbled(waved(twin, 300, 135, 200), 480, 280, 80), bare
            book = SlideBook(NOISE)
            book.add_all([seen(0, *one), seen(9, columns(40, 50, 80)), seen(18, *other)])
            assert len(book.slides) == 3


def test_the_first_line_of_a_pen_may_have_been_there_when_a_slide_was_first_looked_at() -> None:
    full = slide("Motivation", LINES)
    begun = waved(full, 320, 240, 100)
    inked = waved(scribbled(circled(full, 450, 190), 330, 120, 90), 320, 240, 180)
    again = scribbled(circled(full, 330, 235), 330, 180, 80)  # the ring across that line
    for one, other in (((inked, begun), (again, full)), ((again, full), (inked, begun))):
        book = SlideBook(NOISE)
        book.add_all([seen(0, *one), seen(9, columns(40, 50, 80)), seen(18, *other)])
        assert len(book.slides) == 2
