"""Where in a filmed picture the slide is, followed as the camera sways, and made upright."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from filmed_videos import CORNERS, in_a_room, with_lecturer
from slide_videos import HEIGHT, WIDTH, gray, slide

from app.lectures.slides.place.outline import Points
from app.lectures.slides.place.region import Region, find_projection, is_lasting
from app.lectures.slides.place.straighten import evened_out, straighten, tracked, upright_size

SLIDES = [
    slide(title, lines)
    for title, lines in (
        ("Motivation", ["Aggregate demand", "Price stickiness"]),
        ("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum"]),
        ("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant", "Aliasing"]),
        ("Summary", ["Output gap", "Window functions"]),
    )
]
STEEP = np.array([[150, 40], [500, 90], [510, 280], [140, 320]], np.float32)


def corners_of(region: Region | None) -> Points:
    assert region is not None
    return region.points(WIDTH, HEIGHT)


@pytest.mark.parametrize("corners", [CORNERS, STEEP], ids=["nearly straight", "at an angle"])
def test_a_projection_is_found_behind_a_lecturer(corners: np.ndarray) -> None:
    moments = [
        gray(with_lecturer(in_a_room(picture, corners), x, x))
        for picture, x in zip(SLIDES * 2, np.linspace(0.05, 0.95, 8), strict=True)
    ]
    assert np.abs(corners_of(find_projection(moments)) - corners).max() < 1.5


def test_no_screen_is_tilted() -> None:
    upright = Region(corners=((0.1, 0.2), (0.9, 0.2), (0.9, 0.8), (0.1, 0.8)))
    assert not upright.is_tilted
    assert Region(corners=tuple((x / WIDTH, y / HEIGHT) for x, y in CORNERS.tolist())).is_tilted


def test_a_card_whose_right_rim_meets_a_diagonal_of_its_design_is_not_tilted() -> None:
    design = ((0.02, 0.04), (0.974, 0.04), (0.997, 0.96), (0.022, 0.96))
    assert not Region(corners=design).is_tilted


def test_a_dark_slide_among_light_ones_does_not_hide_the_outline() -> None:
    moments = [gray(in_a_room(picture)) for picture in (SLIDES[0], 255 - SLIDES[1], SLIDES[2], SLIDES[3])]
    assert np.abs(corners_of(find_projection(moments)) - CORNERS).max() < 1.5


def test_the_faint_outline_of_dark_slides_in_a_dark_room_is_found() -> None:
    rng = np.random.default_rng(7)
    moments = []
    for picture, x in zip(SLIDES * 3, np.linspace(0.05, 0.95, 12), strict=True):
        scene = with_lecturer(in_a_room(255 - picture, STEEP + rng.normal(0, 0.5, 2), wall=28), x, x)
        seen = gray(scene).astype(float) + rng.normal(0, 1.5, (HEIGHT, WIDTH))
        moments.append(np.clip(seen, 0, 255).astype(np.uint8))
    assert np.abs(corners_of(find_projection(moments, faint=True)) - STEEP).max() < 1.5


def test_slides_that_fill_the_picture_have_no_outline() -> None:
    bordered = []
    for picture in SLIDES:
        dark = picture.copy()
        dark[:12], dark[-12:] = 20, 20  # bars of the template, from side to side
        bordered.append(gray(dark))
    for faint in (False, True):
        assert find_projection([gray(picture) for picture in SLIDES], faint=faint) is None
        assert find_projection(bordered, faint=faint) is None


def test_a_window_in_which_nothing_changes_is_no_slide() -> None:
    pictures = []
    for picture in SLIDES:
        shown = picture.copy()
        shown[150:330, 250:600] = (90, 120, 160)
        pictures.append(gray(shown))
    assert find_projection(pictures) is None
    assert find_projection(pictures, faint=True) is None


def test_too_few_moments_tell_nothing() -> None:
    assert find_projection([gray(in_a_room(SLIDES[0]))] * 2) is None


def test_a_sway_is_followed_and_a_slide_change_is_none() -> None:
    region = find_projection([gray(in_a_room(picture)) for picture in SLIDES])
    assert region is not None
    swayed = in_a_room(SLIDES[3], CORNERS + np.array([2.5, -1.5], np.float32))
    assert np.abs(tracked(region, gray(swayed)) - CORNERS - (2.5, -1.5)).max() < 0.7
    assert np.abs(tracked(region, gray(in_a_room(SLIDES[2]))) - CORNERS).max() < 0.7


def test_straightened_and_evened_out_it_is_the_slide_again() -> None:
    region = find_projection([gray(in_a_room(picture)) for picture in SLIDES])
    assert region is not None
    room = in_a_room(SLIDES[1])
    flat = evened_out(straighten(room, tracked(region, gray(room)), WIDTH, HEIGHT), region)
    soft = cv2.GaussianBlur(SLIDES[1], (5, 5), 0)
    assert np.abs(flat.astype(int) - soft)[4:-4, 4:-4].mean() < 4
    assert np.abs(room.astype(int) - soft).mean() > 40


@pytest.mark.parametrize(("dark", "becomes"), [(20, 0), (40, 33)])
def test_bars_are_black_in_spite_of_noise_and_a_dark_design_is_not(dark: int, becomes: int) -> None:
    region = Region(corners=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)), black=17, white=210)
    picture = np.full((HEIGHT, WIDTH, 3), 210, np.float64)
    picture[:, :120] = picture[:, -120:] = dark
    picture += np.random.default_rng(6).normal(0, 1.5, (HEIGHT, WIDTH, 1))
    flat = evened_out(picture.astype(np.uint8), region)
    assert abs(float(flat[:, :110].mean()) - becomes) < 6
    assert (float((flat[:, :110] == 0).mean()) > 0.9) is (becomes == 0)
    assert flat[:, 200:300].mean() > 245


def test_usual_proportions_are_preferred_when_near() -> None:
    def box(width: float, height: float) -> Points:
        return np.array([[0, 0], [width, 0], [width, height], [0, height]])

    assert upright_size(box(660, 360)) == (660, 372)
    assert upright_size(box(480, 360)) == (480, 360)
    assert upright_size(box(500, 500)) == (500, 500)


def test_an_outline_seen_in_a_few_moments_only_is_a_figures_and_no_projections() -> None:
    corners = np.array([(80, 75), (330, 80), (340, 310), (82, 308)], np.int32)
    plain = np.full((360, 640), 40, np.uint8)
    outlined = cv2.fillPoly(plain.copy(), [corners], 200)
    region = Region(corners=tuple((float(x) / 640, float(y) / 360) for x, y in corners))
    assert region.is_tilted
    assert is_lasting(region, [outlined] * 8 + [plain] * 2)
    assert not is_lasting(region, [outlined] * 4 + [plain] * 6)
