"""A pointer of the text's own colour over text: black on black letters, white on white ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import Picture, look, slide, with_ink

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate

LINES = ["Recall signal peptides", "Cost of page replacement", "Sampling at n = 371"]


def page(last: str, *, dark: bool) -> Picture:
    picture = slide("Motivation", [*LINES[:2], last])
    return 235 - picture // 10 * 8 if dark else picture


def pointed(picture: Picture, x: int, y: int, *, dark: bool) -> Picture:
    fill, rim = (255, 0) if dark else (0, 255)
    arrow = np.array([(x, y), (x, y + 14), (x + 4, y + 10), (x + 9, y + 10)])
    shown = cv2.fillPoly(picture.copy(), [arrow], (fill,) * 3)
    return cv2.polylines(shown, [arrow], True, (rim,) * 3, 1, cv2.LINE_AA)


def in_sequence(a: Picture, b: Picture) -> Relation:
    return relate([look(a)], [look(b)], Noise(), in_sequence=True)


@pytest.mark.parametrize("dark", [False, True])
def test_a_pointer_on_a_letter_of_the_title_is_no_other_letter(dark: bool) -> None:
    shown = page(LINES[2], dark=dark)
    drawn = with_ink(shown, 0.4)
    before = pointed(shown, 400, 300, dark=dark)
    for x in range(33, 200, 12):
        for y in (22, 30):
            assert in_sequence(before, pointed(shown, x, y, dark=dark)) is Relation.SAME
            assert in_sequence(before, pointed(drawn, x, y, dark=dark)) is Relation.BUILD


@pytest.mark.parametrize("dark", [False, True])
def test_another_digit_is_one_though_the_pointer_moved_on(dark: bool) -> None:
    before = pointed(page(LINES[2], dark=dark), 400, 300, dark=dark)
    for digits in ("377", "374", "971"):
        twin = page(f"Sampling at n = {digits}", dark=dark)
        assert in_sequence(before, pointed(twin, 430, 250, dark=dark)) is Relation.NEW
        assert in_sequence(before, pointed(twin, 54, 25, dark=dark)) is Relation.NEW
