"""A cover that is drawn off a slide bit by bit."""

from __future__ import annotations

import cv2
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate

LINES = ("Recall signal peptides", "Cost of page replacement", "Sampling at n = 371", "Warm restarts")


def in_sequence(a: Picture, b: Picture) -> Relation:
    return relate([look(a)], [look(b)], Noise(), in_sequence=True)


def panelled(picture: Picture) -> Picture:
    """Between two dark panels."""
    shown = picture.copy()
    shown[:, :28] = shown[:, WIDTH - 90 :] = 10
    return shown


def covered(picture: Picture, from_row: int, shade: int) -> Picture:
    shown = picture.copy()
    shown[from_row:] = shade
    return shown


FULL = panelled(slide("Motivation", LINES))
OTHER = panelled(slide("Motivation", ("Breadth-first search", "A stopping criterion", *LINES[2:])))


@pytest.mark.parametrize("shade", [250, 160, 90])
def test_a_cover_drawn_off_a_slide_is_a_build_whatever_its_colour(shade: int) -> None:
    half = covered(FULL, 160, shade)
    assert in_sequence(half, FULL) is Relation.BUILD
    assert in_sequence(half, OTHER) is Relation.NEW  # above the cover it shows another text
    assert in_sequence(FULL, half) is not Relation.BUILD


def test_dark_panels_below_a_cover_are_a_build_though_hardly_anything_else_comes() -> None:
    wide = slide("Motivation", LINES[:2])
    wide[:, :80] = wide[:, WIDTH - 120 :] = 10
    whole = wide.copy()
    cv2.putText(whole, "7", (WIDTH - 150, HEIGHT - 8), 0, 0.4, (30, 30, 30), 1, cv2.LINE_AA)
    assert in_sequence(covered(wide, 320, 255), whole) is Relation.BUILD


def test_another_ground_below_the_same_heading_is_another_slide() -> None:
    body = covered(FULL, 70, 255)
    dark, bright = 255 - FULL, FULL.copy()
    dark[:70] = bright[:70] = body[:70]
    assert in_sequence(dark, bright) is Relation.NEW
