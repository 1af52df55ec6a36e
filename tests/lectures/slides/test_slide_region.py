"""Where the slide is in the picture, and the picture made of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from filmed_videos import CORNERS, in_a_room, lecturer_at, with_lecturer
from slide_videos import HEIGHT, WIDTH, gray, look, slide, with_pointer

from app.lectures.slides.composite import averaged, exposed_like, patched
from app.lectures.slides.outline import Points
from app.lectures.slides.plate import Plate, evened
from app.lectures.slides.region import Region, find_projection, is_lasting
from app.lectures.slides.shots import FilmedAlbum, screen_shots
from app.lectures.slides.straighten import evened_out, straighten, tracked, upright_size

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
NO_LECTURER = np.zeros((HEIGHT, WIDTH), bool)


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


# ------------------------------------------------------------------------------- behind a lecturer
def test_a_plate_shows_what_is_behind_a_lecturer_who_walks() -> None:
    plate: Plate | None = None
    for i, x in enumerate(np.linspace(0, 1, 12)):
        seen = look(with_lecturer(SLIDES[2], x, i), i, lecturer_at(x, i).astype(bool))
        if plate is None:
            plate = Plate(seen)
        else:
            plate.add(seen)
    assert plate is not None
    behind = plate.look()
    assert not behind.moving.any()
    assert np.abs(behind.gray.astype(int) - gray(SLIDES[2])).max() < 12


def test_what_a_plate_never_saw_is_unknown_until_an_older_one_tells() -> None:
    hides = lecturer_at(0.5, 0).astype(bool)
    newer, older = (Plate(look(with_lecturer(SLIDES[2], 0.5, 0), 0, mask)) for mask in (hides, hides))
    for i in range(3):
        newer.add(look(with_lecturer(SLIDES[2], 0.5, 0), i, hides))
        older.add(look(SLIDES[2], i))
    assert (newer.look().moving == hides).all()
    newer.inherit(older)
    assert not newer.look().moving.any()
    assert np.abs(newer.look().gray.astype(int) - gray(SLIDES[2])).max() < 12


def test_exposure_is_evened_and_another_slide_is_left_alone() -> None:
    first = look(in_a_room(SLIDES[0]))
    dimmer = look(cv2.convertScaleAbs(in_a_room(SLIDES[0]), alpha=0.85))
    assert np.abs(evened(dimmer, first).gray.astype(int) - first.gray).mean() < 2
    dark = look(255 - SLIDES[0])
    assert evened(dark, look(SLIDES[0])) is dark


def test_few_frames_that_together_show_everything_are_chosen() -> None:
    album = FilmedAlbum()
    places = [*[0.5] * 10, 0.1, *[0.5] * 10, 0.9, *[0.5] * 10]
    for i, x in enumerate(places):
        album.add(look(SLIDES[0], i, lecturer_at(x, i).astype(bool)))
    shots = album.shots()
    hidden = np.logical_and.reduce([shot.mask((HEIGHT, WIDTH)) for shot in shots])
    assert len(shots) <= 5
    assert not hidden.any()


# ------------------------------------------------------------------------------- several frames, one
def test_the_mean_of_frames_has_neither_lecturer_nor_laser_spot_nor_noise() -> None:
    rng = np.random.default_rng(3)
    pictures, hidden = [], []
    for i, x in enumerate((0.1, 0.35, 0.6, 0.85)):
        seen = with_lecturer(SLIDES[1], x, i) * (0.9 - 0.05 * i) + rng.normal(0, 3, SLIDES[1].shape)
        seen[60 + 9 * i : 68 + 9 * i, 300:308] = (250, 60, 60)
        pictures.append(np.clip(seen, 0, 255).astype(np.uint8))
        hidden.append(cv2.dilate(lecturer_at(x, i), np.ones((5, 5), np.uint8)).astype(bool))
    even = [
        exposed_like(picture, pictures[0], ~(hidden[0] | mask))
        for picture, mask in zip(pictures[1:], hidden[1:], strict=True)
    ]
    far = np.abs(averaged(pictures[:1] + even, hidden) - 0.9 * SLIDES[1])
    assert far.max() < 40
    single = np.abs(pictures[0] - 0.9 * SLIDES[1])
    assert far[:150].mean() < 0.7 * single[:150].mean()  # above the lecturer's head


def test_where_nothing_else_is_known_the_first_frame_is_kept() -> None:
    everywhere = [lecturer_at(0.5, 0).astype(bool)] * 2
    pictures = [with_lecturer(SLIDES[1], 0.5, 0), with_lecturer(SLIDES[1], 0.5, 1)]
    assert (averaged(pictures, everywhere)[everywhere[0]] == pictures[0][everywhere[0]]).all()


def test_a_pointer_is_patched_from_a_frame_in_which_it_is_elsewhere() -> None:
    places = [(60, 95), (60, 95), (400, 300), (500, 40), (60, 95)]
    pictures = [with_pointer(SLIDES[1], x, y) for x, y in places]
    album = [look(picture, t) for t, picture in enumerate(pictures)]
    shots = screen_shots(album, album[2])
    assert shots[0].t == 2
    assert len(shots) == 2
    chosen = [pictures[round(shot.t)] for shot in shots]
    whole = patched(chosen, [shot.mask((HEIGHT, WIDTH)) for shot in shots])
    assert (whole == SLIDES[1])[290:330, 390:420].all()
    assert not (pictures[2] == SLIDES[1])[290:330, 390:420].all()


def test_one_frame_is_enough_where_nothing_passes() -> None:
    album = [look(SLIDES[1], t) for t in range(4)]
    shots = screen_shots(album, album[3])
    assert [shot.t for shot in shots] == [3]
    assert not shots[0].mask((HEIGHT, WIDTH)).any()


def test_an_outline_seen_in_a_few_moments_only_is_a_figures_and_no_projections() -> None:
    corners = np.array([(80, 75), (330, 80), (340, 310), (82, 308)], np.int32)
    plain = np.full((360, 640), 40, np.uint8)
    outlined = cv2.fillPoly(plain.copy(), [corners], 200)
    region = Region(corners=tuple((float(x) / 640, float(y) / 360) for x, y in corners))
    assert region.is_tilted
    assert is_lasting(region, [outlined] * 8 + [plain] * 2)
    assert not is_lasting(region, [outlined] * 4 + [plain] * 6)
