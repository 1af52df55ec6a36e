"""One picture from many frames: without the lecturer, a pointer or noise."""

from __future__ import annotations

import cv2
import numpy as np
from filmed_videos import lecturer_at, with_lecturer
from slide_videos import HEIGHT, WIDTH, gray, look, slide, with_pointer

from app.lectures.slides.pictures.composite import averaged, exposed_like, patched
from app.lectures.slides.pictures.plate import Plate
from app.lectures.slides.pictures.shots import FilmedAlbum, screen_shots

SLIDES = [
    slide(title, lines)
    for title, lines in (
        ("Motivation", ["Aggregate demand", "Price stickiness"]),
        ("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum"]),
        ("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant", "Aliasing"]),
        ("Summary", ["Output gap", "Window functions"]),
    )
]


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


def test_a_pointer_that_rested_for_most_of_the_time_is_not_put_where_it_left() -> None:
    whole = SLIDES[1]
    pictures = [with_pointer(whole, 400, 300) for _ in range(4)]
    pictures.append(with_pointer(whole, 60, 240))
    album = [look(picture, i) for i, picture in enumerate(pictures)]
    shots = screen_shots(album, album[4])
    made = patched(
        [pictures[round(shot.t)] for shot in shots], [shot.mask((HEIGHT, WIDTH)) for shot in shots]
    )
    assert shots[0].t == 4
    assert np.count_nonzero(gray(made) != gray(whole)) == 0
