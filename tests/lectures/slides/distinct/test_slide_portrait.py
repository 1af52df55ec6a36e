"""A portrait that a meeting shows in place of a screen is no slide; dark slides and square pictures are."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import HEIGHT, WIDTH, Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.distinct.portrait import leave_out_portraits, shows_portrait
from app.lectures.slides.states.state import State


def portrait(*, width: int = HEIGHT, ground: int = 28, left: int | None = None) -> Picture:
    picture = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
    start = (WIDTH - width) // 2 if left is None else left
    picture[:, start : start + width] = (20, 140, 120)
    cv2.putText(picture, "N", (start + width // 2 - 45, 225), 0, 4.5, (250, 250, 250), 12, cv2.LINE_AA)
    cv2.putText(picture, "Noor Ali", (24, 350), 0, 0.35, (220, 220, 220), 1, cv2.LINE_AA)
    return picture


def test_a_square_on_dark_ground_is_a_portrait() -> None:
    framed = portrait().copy()
    framed[:, :4] = framed[:, -4:] = 255
    assert shows_portrait(look(portrait()))
    assert shows_portrait(look(framed))


def test_slides_are_no_portraits() -> None:
    titled = portrait().copy()
    cv2.putText(titled, "Team", (20, 60), 0, 1.2, (240, 240, 240), 3, cv2.LINE_AA)
    pages = {
        "4:3 between bars": portrait(width=480, ground=0),
        "4:3 on dark ground": portrait(width=480),
        "square between black bars": portrait(ground=0),
        "beside the middle": portrait(left=40),
        "with a title": titled,
        "white": slide("Motivation", ["Aggregate demand"]),
        "dark": 255 - slide("Motivation", ["Aggregate demand"]) // 2,
        "empty and dark": np.full((HEIGHT, WIDTH, 3), 28, np.uint8),
    }
    assert [name for name, page in pages.items() if shows_portrait(look(page))] == []


def listed(*pages: Picture) -> tuple[int, list[str]]:
    book = SlideBook(Noise())
    for n, page in enumerate(pages):
        book.add(State("slide", 9.0 * n, 9.0 * (n + 1), [look(page, 9 * n + 4)]))
    leave_out_portraits(book)
    return len(book.slides), [other.kind for other in book.other]


def test_a_portrait_is_somebody_who_speaks() -> None:
    a, b = slide("Motivation", ["Aggregate demand"]), slide("Main result", ["Warm restarts help"])
    assert listed(a, b, portrait()) == (2, ["presenter"])


def test_where_all_pages_are_squares_they_are_slides() -> None:
    other = portrait().copy()
    cv2.circle(other, (WIDTH // 2, 180), 120, (250, 200, 40), -1)
    assert listed(portrait(), other) == (2, [])
