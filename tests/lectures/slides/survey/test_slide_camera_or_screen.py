"""Whether a camera filmed the slides."""

from __future__ import annotations

import cv2
import numpy as np
from filmed_videos import in_a_room, with_lecturer
from slide_videos import HEIGHT, WIDTH, Picture, gray, presenter, slide, with_speaker

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.survey.motion import measure_noise
from app.lectures.slides.survey.standing import sways

PAGES = [
    slide(title, ["Recall the bound", f"Holds for {title.lower()}", "Warm restarts help"])
    for title in ("Motivation", "Main result", "Failure modes", "Summary")
]


def swayed(picture: Picture, by: float) -> Picture:
    matrix = np.float32([[1, 0, by], [0, 1, by / 2]])
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)


def test_clips_that_begin_with_a_fade_are_no_noise() -> None:
    black = np.zeros_like(PAGES[0])
    fading = [
        [gray(cv2.addWeighted(page, share, black, 1 - share, 0)) for share in (0.1, 0.45, 0.8)[:count]]
        for page, count in zip(PAGES, (3, 2, 3, 2), strict=True)
    ]
    assert measure_noise(fading) == Noise()


def test_somebody_before_his_own_camera_does_not_make_a_screen_a_filmed_one() -> None:
    talking = [[gray(presenter(t + step)) for step in (0.0, 0.2, 0.4)] for t in (1.0, 2.3, 3.1, 4.7)]
    slides = [[gray(with_speaker(page, t)) for t in (0.0, 0.2, 0.4)] for page in PAGES[:3]]
    assert measure_noise([*talking, *slides]).reach == 0
    filmed = [[gray(swayed(in_a_room(page), by)) for by in (0.0, 0.4, 0.8)] for page in PAGES[:3]]
    assert measure_noise([*talking, *filmed]).reach == 1


def test_whoever_moves_in_front_of_a_screen_does_not_make_it_sway() -> None:
    bursts, swaying = ([], [])
    pairs, swayed_pairs = ([], [])
    for page, t in zip(PAGES, (1.0, 2.3, 3.1, 4.7), strict=True):
        moving = [gray(with_lecturer(page, 0.9, t + step)) for step in (0.0, 0.2, 0.4, 3.0)]
        bursts.append(moving[:3])
        pairs.append((moving[0], moving[3]))
        views = [gray(swayed(with_lecturer(page, 0.9, t), 0.1 * t + by)) for by in (0.0, 0.4, 0.8, -0.3)]
        swaying.append(views[:3])
        swayed_pairs.append((views[0], views[3]))
    assert measure_noise(bursts).reach == 1
    assert measure_noise(bursts, sways(pairs)).reach == 0
    assert measure_noise(swaying, sways(swayed_pairs)).reach == 1


def test_a_camera_that_hardly_sways_within_a_burst_is_told_by_where_it_is_later() -> None:
    views = [[gray(swayed(in_a_room(page), by)) for by in (0.0, 0.02, 0.04, 0.7)] for page in PAGES]
    assert measure_noise([view[:3] for view in views]).reach == 0
    assert (
        measure_noise([view[:3] for view in views], sways([(view[0], view[3]) for view in views])).reach == 1
    )


def test_other_slides_do_not_tell_whether_the_picture_stands_still() -> None:
    pages = [
        gray(slide(*words))
        for words in (("A", ["Momentum"]), ("Trade-offs", []), ("Overview", ["Aliasing"] * 4))
    ]
    assert sways(list(zip(pages, pages[1:] + pages[:1], strict=True))) is None
