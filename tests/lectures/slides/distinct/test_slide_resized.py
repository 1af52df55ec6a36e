"""A slide in another size shortly, or in a black frame, is that slide; a twin or a lasting one is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.distinct.resized import join_framed, leave_out_resized
from app.lectures.slides.states.state import State

A = slide("Overview", ["Price stickiness", "The output gap", "Saddle points"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])


def at(share: float, picture: Picture = A) -> Picture:
    """In a window of this share of the screen; larger than it, its middle is seen."""
    size = round(share * WIDTH), round(share * HEIGHT)
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    screen = np.full_like(picture, 20)
    rows, columns = min(size[1], HEIGHT), min(size[0], WIDTH)
    left, top = abs(WIDTH - size[0]) // 2, abs(HEIGHT - size[1]) // 2
    if share <= 1:
        screen[top : top + rows, left : left + columns] = resized
        return screen
    return resized[top : top + rows, left : left + columns]


def found(between: Picture, lasts_s: float = 3.0) -> list[list[tuple[float, float]]]:
    book = SlideBook(Noise())
    times = (0.0, 10.0, 10.0 + lasts_s, 30.0)
    for i, picture in enumerate((A, between, A)):
        book.add(State("slide", times[i], times[i + 1], [look(picture, times[i] + 1)]))
    leave_out_resized(book)
    return [[(one.start_s, one.end_s) for one in slide.intervals] for slide in book.slides]


@pytest.mark.parametrize("share", [0.7, 0.94, 1.15])
def test_a_slide_in_another_size_for_a_moment_is_that_slide(share: float) -> None:
    assert found(at(share)) == [[(0.0, 30.0)]]


def test_another_slide_a_twin_and_one_that_stays_are_slides() -> None:
    twin = slide("Overview", ["Price stickiness", "The output gap", "Saddle joints"])
    for between, lasts_s in ((B, 3.0), (at(0.8, B), 3.0), (twin, 3.0), (at(0.8), 12.0)):
        assert len(found(between, lasts_s)) == 2


def test_a_slide_in_a_black_frame_is_the_one_that_fills_the_picture_later() -> None:
    def times(*pictures: Picture) -> list[list[float]]:
        book = SlideBook(Noise())
        for i, picture in enumerate(pictures):
            book.add(State("slide", 10.0 * i, 10.0 * i + 10, [look(picture, 10.0 * i + 5)]))
        join_framed(book)
        return [[one.start_s for one in slide.intervals] for slide in book.slides]

    assert times(at(0.9), B, A) == [[0.0, 20.0], [10.0]]
    assert times(A, at(0.9, B), slide("Thank you"), B) == [[0.0], [10.0, 30.0], [20.0]]
    assert times(at(0.9), B) == [[0.0], [10.0]]
    assert times(at(0.9, A), at(0.9, B)) == [[0.0], [10.0]]
    assert times(255 - at(0.9), B, A) == [[0.0], [10.0], [20.0]]
