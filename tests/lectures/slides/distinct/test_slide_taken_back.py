"""What is left once a slide's text was taken away is that slide; one with anything new is another."""

from __future__ import annotations

import numpy as np
from slide_videos import Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.states.state import State

NOISE = Noise()
A = slide("Motivation", ["Aggregate demand", "Price stickiness", "Who sets them", "And how often they do"])
TITLE = slide("Motivation")
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])


def listed(*pictures: Picture, film: bool = False) -> int:
    """How many slides there are, each shown for ten seconds; `film`: something plays on the second."""
    book = SlideBook(NOISE)
    for i, picture in enumerate(pictures):
        moving = np.zeros(picture.shape[:2], bool)
        moving[100:300, 50:500] = film and i == 1
        book.add(State("slide", 10.0 * i, 10.0 * i + 10, [look(picture, 10.0 * i + 5, moving)]))
    return len(book.slides)


def test_what_is_left_of_a_slide_is_that_slide() -> None:
    assert listed(A, TITLE, C) == 2
    assert listed(A, C, TITLE) == 3  # a title page, as far as can be told
    assert listed(A, slide("Motivations"), C) == 3
    assert listed(A, TITLE, C, film=True) == 3
