"""Where the slide is on a screen: bars, windows and meetings are cut off, and nothing of a slide ever is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from screen_videos import BOX, beside_speaker, between_bars, editor, in_window
from slide_videos import HEIGHT, WIDTH, Picture, gray, record, shown, slide, with_pointer, with_speaker

from app.lectures.slides import extract, plan
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.place.bars import find_bars
from app.lectures.slides.place.crop import Box, Crop, crop_to
from app.lectures.slides.place.window import find_window

TITLES = ("Motivation", "Main result", "Failure modes", "Method", "Open questions", "Summary")
TOPICS = ("Aggregate demand", "Price stickiness", "Warm restarts help", "Saddle points", "Output gap")
SLIDES = [
    slide(title, [f"{TOPICS[(i + k) % 5]} and {TOPICS[(2 * i + k) % 5]}" for k in range(2 + i % 4)])
    for i, title in enumerate(TITLES)
]
PILLARS = Box(80, 0, 560, 360)  # 4:3


def not_wide(box: Box) -> float:
    return abs((box.right - box.left) / (box.bottom - box.top) / (16 / 9) - 1)


def any_shape(box: Box) -> float:
    return 0.0


def still() -> Mask:
    return np.zeros((HEIGHT, WIDTH), bool)


def moments(view: Callable[[Picture], Picture], slides: list[Picture] = SLIDES) -> list[Gray]:
    return [cv2.GaussianBlur(gray(view(picture)), (3, 3), 0) for picture in slides * 2]


def window_of(pictures: list[Gray], moving: Callable[[], Mask] = still) -> Box | None:
    return find_window(pictures, not_wide, moving)


def near(found: Box | None, box: Box) -> bool:
    return found is not None and max(abs(a - b) for a, b in zip(found, box, strict=True)) <= 1


@pytest.mark.parametrize("luma", [0, 70, 255])
@pytest.mark.parametrize("box", [PILLARS, Box(0, 40, 640, 320), Box(112, 24, 528, 336)])
def test_bars_of_one_colour_are_found(box: Box, luma: int) -> None:
    design = [np.where(picture > 200, 190, picture).astype(np.uint8) for picture in SLIDES]
    assert near(find_bars(moments(lambda picture: between_bars(picture, box, luma), design)), box)


def test_bars_are_found_though_some_slides_are_as_dark() -> None:
    slides = [SLIDES[0], 255 - SLIDES[1], *SLIDES[2:]]
    assert near(find_bars(moments(lambda picture: between_bars(picture, PILLARS), slides)), PILLARS)


def test_bars_are_found_beside_titles_on_a_dark_band() -> None:
    def view(picture: Picture) -> Picture:
        design = picture.copy()
        design[:60] = 255 - design[:60]
        return between_bars(design, PILLARS)

    assert near(find_bars(moments(view)), PILLARS)


def test_margins_are_no_bars() -> None:
    indented = [np.roll(picture, 90, axis=1) for picture in SLIDES]
    assert find_bars(moments(lambda picture: picture, indented)) is None
    assert find_bars(moments(lambda picture: 255 - picture, indented)) is None


def test_a_border_all_round_is_the_slides_own() -> None:
    def bordered(picture: Picture) -> Picture:
        return between_bars(picture, Box(20, 20, WIDTH - 20, HEIGHT - 20), 20)

    assert find_bars(moments(bordered)) is None


def test_a_bar_at_one_side_is_a_design() -> None:
    def banded(picture: Picture) -> Picture:
        return between_bars(picture, Box(80, 0, WIDTH, HEIGHT))

    assert find_bars(moments(banded)) is None


def test_a_slide_that_fills_the_picture_ends_the_bars() -> None:
    pictures = [gray(between_bars(picture, PILLARS)) for picture in SLIDES]
    assert find_bars([*pictures, gray(SLIDES[0])]) is None


def test_a_slide_in_a_window_is_found() -> None:
    pages = [gray(in_window(picture, page=i)) for i, picture in enumerate(SLIDES)]
    assert near(window_of(pages), BOX)


def test_dark_slides_and_a_pointer_do_not_hide_a_window() -> None:
    slides = [SLIDES[0], 255 - SLIDES[1], SLIDES[2], 255 - SLIDES[3], SLIDES[4], SLIDES[5]]
    pages = [
        gray(with_pointer(in_window(picture, page=i), 60 + 90 * i, 300)) for i, picture in enumerate(slides)
    ]
    assert near(window_of(pages), BOX)


def test_a_band_of_the_slides_and_a_bar_of_the_window_are_no_slide() -> None:
    box = Box(146, 100, 546, 325)

    def view(picture: Picture) -> Picture:
        screen = in_window(picture, box)
        screen[100:120, 146:546] = (40, 60, 140)
        return screen

    assert near(window_of(moments(view)), box)


def test_one_slide_alone_is_no_evidence() -> None:
    assert window_of([gray(in_window(SLIDES[0], page=i)) for i in range(6)]) is None
    assert window_of(moments(in_window, SLIDES[:3])) is None


def test_a_window_that_is_no_slides_shape_is_left() -> None:
    pages = moments(lambda picture: in_window(picture, Box(146, 71, 546, 271)))
    assert window_of(pages) is None
    assert near(find_window(pages, any_shape, still), Box(146, 71, 546, 271))


def test_slides_that_fill_the_picture_are_left_whole() -> None:
    def framed(picture: Picture) -> Picture:
        shown = picture.copy()
        cv2.rectangle(shown, (12, 12), (WIDTH - 13, HEIGHT - 13), (40, 60, 140), 3)
        return shown

    def carded(picture: Picture) -> Picture:  # a card on a plain ground
        return between_bars(picture, Box(64, 36, WIDTH - 64, HEIGHT - 36), 120)

    def panelled(picture: Picture) -> Picture:  # a frame drawn below the title
        shown = picture.copy()
        cv2.rectangle(shown, (40, 68), (520, 338), (40, 60, 140), 3)
        return shown

    def titled(picture: Picture) -> Picture:  # the same, in colour
        shown = between_bars(picture[60:], Box(80, 70, 560, 340), 200)
        shown[:60] = picture[:60]
        return shown

    def headed(picture: Picture) -> Picture:  # a frame that holds all that changes, below what never does
        shown = between_bars(picture, Box(80, 76, 560, 346), 255)
        cv2.rectangle(shown, (80, 76), (560, 346), (40, 60, 140), 2)
        shown[:70] = SLIDES[0][:70]
        return shown

    for design in (
        lambda picture: picture,
        lambda picture: 255 - picture,
        framed,
        carded,
        panelled,
        titled,
        headed,
    ):
        assert window_of(moments(design)) is None


def test_source_code_is_no_slide() -> None:
    assert find_window([gray(editor(40 * i)) for i in range(12)], any_shape, still) is None


def test_a_slide_beside_a_speaker_is_found() -> None:
    def moving() -> Mask:
        box: Mask = np.zeros((HEIGHT, WIDTH), bool)
        box[115:245, 485:635] = True
        return box

    meeting = [gray(beside_speaker(picture, 1.9 * i)) for i, picture in enumerate(SLIDES * 2)]
    assert near(window_of(meeting, moving), Box(0, 45, 480, 315))


def test_a_speaker_upon_the_slide_is_no_layout() -> None:
    def moving() -> Mask:
        box: Mask = np.zeros((HEIGHT, WIDTH), bool)
        box[260:, 480:] = True
        return box

    pictures = [gray(with_speaker(picture, 1.9 * i)) for i, picture in enumerate(SLIDES * 2)]
    assert find_window(pictures, any_shape, moving) is None


@pytest.fixture(scope="module")
def crop() -> Crop:
    double = Box(*(2 * side for side in BOX))
    found = crop_to(double, (2 * WIDTH, 2 * HEIGHT), moments(in_window))
    assert found is not None
    return found


def test_a_picture_is_cut_to_the_slide(crop: Crop) -> None:
    screen = in_window(SLIDES[3], page=7)
    assert (crop.cut(screen) == screen[BOX.top : BOX.bottom, BOX.left : BOX.right]).all()


def test_a_picture_with_other_things_around_stays_whole(crop: Crop) -> None:
    assert (crop.cut(SLIDES[3]) == SLIDES[3]).all()
    moved = in_window(SLIDES[3], Box(120, 60, 600, 330))
    assert crop.cut(moved).shape == moved.shape


def test_without_lasting_surroundings_there_is_no_crop() -> None:
    rng = np.random.default_rng(2)
    pictures = [rng.integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8) // 128 * 255 for _ in range(5)]
    pictures = [cv2.blur(picture, (9, 9)) * 3 for picture in pictures]
    assert crop_to(Box(10, 10, WIDTH - 10, HEIGHT - 10), (WIDTH, HEIGHT), pictures) is None


def test_the_pictures_of_a_recorded_window_show_the_slides_alone(tmp_path: Path) -> None:
    order = [*range(len(SLIDES)), 1]
    script = shown(*[(4.0 * i, in_window(SLIDES[k], page=k)) for i, k in enumerate(order)])
    lecture = record(tmp_path / "window.mp4", script, 28.0, fps=5, gop=10)
    found = extract(lecture, tmp_path / "slides")
    assert len(found.slides) == len(SLIDES)
    for known, picture in zip(found.slides, SLIDES, strict=True):
        image = cv2.imread(str(tmp_path / "slides" / known.image))
        assert image is not None
        assert (known.width, known.height) == image.shape[1::-1] == (400, 225)
        page = cv2.cvtColor(cv2.resize(picture, (400, 225), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
        assert np.abs(image.astype(int) - page).mean() < 3
    starts = [
        i.start_s for i in sorted((i for s in found.slides for i in s.intervals), key=lambda i: i.start_s)
    ]
    assert all(abs(b - a - 4) < 0.3 for a, b in pairwise(starts))


def test_a_meeting_is_cropped_and_a_full_screen_is_not(tmp_path: Path) -> None:
    slides = shown(*[(4.0 * i, picture) for i, picture in enumerate(SLIDES)])
    meeting = record(tmp_path / "meeting.mp4", lambda t: beside_speaker(slides(t), t), 24.0, fps=5, gop=10)
    crop = plan(meeting).crop
    assert crop is not None
    assert crop.box(WIDTH, HEIGHT) == (0, 45, 480, 315)
    whole = record(tmp_path / "whole.mp4", lambda t: with_speaker(slides(t), t), 24.0, fps=5, gop=10)
    assert plan(whole).crop is None
