"""The whole page that a camera filmed, whatever its design and the wall behind it."""

from __future__ import annotations

import cv2
import numpy as np
from filmed_videos import CORNERS, in_a_room, with_lecturer
from slide_videos import HEIGHT, WIDTH, Picture, gray, slide

from app.lectures.slides.place.region import find_projection

PAGES = [
    slide(title, ["Recall the bound", f"Holds for {title.lower()}", "Warm restarts help"])
    for title in ("Motivation", "Main result", "Failure modes", "Summary")
]


def on_wall(page: Picture, wall: int) -> Picture:
    """The page on a wall, with no rim between them."""
    frame = np.float32([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)])
    matrix = cv2.getPerspectiveTransform(frame, CORNERS.astype(np.float32))
    dim = cv2.convertScaleAbs(page, alpha=0.8, beta=22)
    return cv2.warpPerspective(dim, matrix, (WIDTH, HEIGHT), borderValue=(wall, wall, wall))


def banded(page: Picture) -> Picture:
    """The page with its title in a band; the paper is white below it."""
    shown = page.copy()
    shown[:60] = np.where(page[:60] < 128, 255, 100)
    return shown


def test_a_page_begins_with_its_band_though_dark_pages_hide_that_in_the_mean() -> None:
    bright, dark = [banded(page) for page in PAGES], [255 - page for page in PAGES]
    moments = [
        gray(with_lecturer(on_wall(page, 62), x, x))
        for page, x in zip([*bright, *dark] * 2, np.linspace(0.05, 0.95, 16), strict=True)
    ]
    region = find_projection(moments)
    assert region is not None
    assert np.abs(region.points(WIDTH, HEIGHT) - CORNERS).max() < 2.0


def test_a_rim_above_the_page_is_none_of_it() -> None:
    moments = []
    for page in PAGES * 2:
        scene = in_a_room(page)
        left, right = (np.array(CORNERS[i], int) for i in (0, 1))
        rim = np.array([left, right, right - (0, 24), left - (0, 24)])
        cv2.fillPoly(scene, [rim], (120, 120, 110))
        moments.append(gray(scene))
    region = find_projection(moments)
    assert region is not None
    assert np.abs(region.points(WIDTH, HEIGHT) - CORNERS).max() < 2.0


def test_pages_darker_and_brighter_than_the_wall_in_turn_have_one_outline() -> None:
    lines = [
        "Aggregate demand",
        "Price stickiness",
        "Bound on the rate",
        "Momentum",
        "Saddle points",
        "Aliasing",
    ]
    pages = [255 - slide(lines[i], lines[:i] + lines[i + 3 :]) for i in range(4)]
    grey = [np.maximum(page, 60) for page in pages]
    moments = [
        gray(with_lecturer(on_wall(page, 46), x, x))
        for page, x in zip([*pages, *grey] * 2, np.linspace(0.05, 0.95, 16), strict=True)
    ]
    region = find_projection(moments, faint=True)
    assert region is not None
    assert np.abs(region.points(WIDTH, HEIGHT) - CORNERS).max() < 2.0


def test_the_faint_outline_of_a_dark_page_counts_for_more_than_the_text_that_stays_on_it() -> None:
    text = ["Recall the bound", "Example: mini-batch noise", "Consider warm restarts", "Momentum", "Aliasing"]
    pages = [slide("Trade-offs: second-order information", text)] * 8 + PAGES[:3]
    moments = [
        gray(with_lecturer(on_wall(255 - page, 30), x, x))
        for page, x in zip(pages, np.linspace(0.05, 0.95, 11), strict=True)
    ]
    region = find_projection(moments, faint=True)
    assert region is not None
    assert np.abs(region.points(WIDTH, HEIGHT) - CORNERS).max() < 2.0
