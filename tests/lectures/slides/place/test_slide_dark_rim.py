"""A dark rim that is uneven is cut off; an even one, and a dark slide, are left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import Picture, gray, slide

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.crop import Box
from app.lectures.slides.place.dark_rim import find_dark_rim

SLIDES = [
    slide(title, ["Aggregate demand and price stickiness", f"The output gap of {title.lower()}"])
    for title in ("Motivation", "Main result", "Failure modes", "Method", "Open questions", "Summary")
]


def rimmed(picture: Picture, box: Box, seed: int) -> Picture:
    """A slide in a dark rim, noisy as coding leaves it, and soft where it ends."""
    noise = np.random.default_rng(seed).integers(4, 24, picture.shape).astype(np.uint8)
    noise[box.top : box.bottom, box.left : box.right] = cv2.resize(
        picture, (box.right - box.left, box.bottom - box.top), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.GaussianBlur(noise, (5, 5), 0), np.uint8)


def in_rims(box: Box) -> list[Gray]:
    return [gray(rimmed(picture, box, seed)) for seed, picture in enumerate(SLIDES * 2)]


@pytest.mark.parametrize("box", [Box(34, 38, 604, 335), Box(20, 14, 560, 345)])
def test_an_uneven_dark_rim_is_cut_off_whatever_the_slides_proportions(box: Box) -> None:
    found = find_dark_rim(in_rims(box))
    assert found is not None
    assert max(abs(a - b) for a, b in zip(found, box, strict=True)) <= 3


def test_once_in_a_while_something_else_may_fill_the_picture() -> None:
    box = Box(34, 38, 604, 335)
    pictures = in_rims(box)
    assert find_dark_rim([*pictures, gray(SLIDES[0])]) is not None
    assert find_dark_rim([*pictures, *(gray(picture) for picture in SLIDES)]) is None


def test_an_even_dark_rim_or_a_dark_slide_is_the_slides_own() -> None:
    assert find_dark_rim(in_rims(Box(24, 24, 616, 336))) is None
    assert find_dark_rim(in_rims(Box(34, 0, 604, 335))) is None
    assert find_dark_rim([gray(255 - picture) for picture in SLIDES * 2]) is None
