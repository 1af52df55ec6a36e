"""What a program shows is no slide, once a page scrolls in it; slides that are scrolled through are."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.distinct.scrolled import bars_above_scrolled, leave_out_scrolled
from app.lectures.slides.states.state import State

A = slide("Motivation", ["Aggregate demand", "Price stickiness", "Who sets them"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])


def browser(pulled: int, *, address: str = "lectern.example/commits") -> Picture:
    """A window: two bars, and below them a page that was pulled up by some rows."""
    page = np.full((900, WIDTH, 3), 255, np.uint8)
    words = np.random.default_rng(7)
    for row in range(24, 900, 22):
        line = " ".join("".join(words.choice(list("aeinrst"), 5)) for _ in range(words.integers(4, 9)))
        cv2.putText(page, line, (30, row), 0, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
    window = np.full((HEIGHT, WIDTH, 3), 215, np.uint8)
    cv2.putText(window, "Final code: tasks removed   x    +          - o x", (8, 14), 0, 0.45, (0, 0, 0), 1)
    cv2.putText(window, address, (60, 34), 0, 0.45, (60, 60, 60), 1, cv2.LINE_AA)
    cv2.line(window, (0, 42), (WIDTH, 42), (120, 120, 120), 1)
    window[44:] = page[pulled : pulled + HEIGHT - 44]
    return window


def popped_up(window: Picture) -> Picture:
    shown = window.copy()
    shown[20:330, 60:600] = 255
    cv2.putText(shown, "Sign up", (300, 34), 0, 0.5, (90, 0, 120), 1, cv2.LINE_AA)
    return shown


def editor(page: Picture) -> Picture:
    """The program that slides are made with, previews of two other windows before its foot."""
    window = np.full_like(page, 200)
    for i in range(12):
        cv2.putText(window, "Menu", (10 + 52 * i, 16), 0, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    window[70:250, 180:500] = cv2.resize(page, (320, 180), interpolation=cv2.INTER_AREA)
    window[190:350, 200:460] = 60
    return window


def left(*pictures: tuple[float, Picture]) -> tuple[int, list[str]]:
    """How many slides there are of pictures, each shown for some seconds, and what else there is."""
    book, start_s = SlideBook(Noise()), 0.0
    for seconds, picture in pictures:
        book.add(State("slide", start_s, start_s + seconds, [look(picture, start_s + seconds / 2)]))
        start_s += seconds
    leave_out_scrolled(book, Noise())
    return len(book.slides), [other.kind for other in book.other]


def test_a_program_that_is_shown_after_the_slides_is_no_slide() -> None:
    shown = [
        *((20.0, page) for page in (A, B, C)),
        (2.0, editor(A)),
        (5.0, browser(400, address="lectern.example/pulls/10")),
        (4.0, browser(0)),
        (3.0, browser(70)),
        (2.0, popped_up(browser(70))),
    ]
    assert left(*shown) == (3, ["none", "video", "video", "video", "video"])
    assert left(*shown, (20.0, slide("Thank you"))) == (4, ["none", "video", "video", "video", "video"])


def test_slides_in_a_window_that_scrolls_stay() -> None:
    pages = [(10.0, browser(by)) for by in (0, 90, 200, 330)]
    assert left((10.0, A), *pages, (10.0, B), (10.0, C)) == (7, [])
    assert left((10.0, editor(A)), *((10.0, page) for page in (A, B, C))) == (4, [])


@pytest.mark.parametrize("by", [12, 22, 70, -140])
def test_a_page_is_known_however_far_it_is_pulled(by: int) -> None:
    first, second = look(browser(200)), look(browser(200 + by))
    assert 40 <= bars_above_scrolled(first, second, Noise()) <= 60


def test_slides_do_not_scroll() -> None:
    rows: Sequence[str] = ["one of many lines", "two of as many lines", "three of such lines"]
    longer = slide("Main result", [*rows, "four of these lines"])
    for first, second in ((A, B), (B, C), (slide("Main result", rows), longer), (browser(0), A)):
        assert bars_above_scrolled(look(first), look(second), Noise()) == 0


def test_pages_narrower_than_the_screen_do_not_scroll_though_their_sides_stay() -> None:
    def page(top: int, *lines: str) -> Picture:
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        picture[:, 80:560], picture[:36, 80:560] = 250, 50
        texts = [("Problems of shadow mapping", 26, 0.7, 255)]
        texts += [(line, top + 18 * i, 0.4, 60) for i, line in enumerate(lines)]
        for text, y, size, luma in texts:
            cv2.putText(picture, text, (120, y), cv2.FONT_HERSHEY_SIMPLEX, size, (luma,) * 3, 1, cv2.LINE_AA)
        return picture

    first = page(70, "The pixels of the map are seen", "where the shadow ends")
    second = page(300, "A second way is to smooth the shadow", "but not the map itself")
    assert bars_above_scrolled(look(first), look(second), Noise()) == 0
