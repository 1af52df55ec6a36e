"""Slides of a recording to pages of the deck: recorded in many ways, builds, near-twins, foreign slides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.lectures.decks import match_slides, shown_slides, spoken_slides
from app.lectures.model import (
    Deck,
    Interval,
    Sentence,
    Slide,
    SlideExtraction,
    SlideText,
    SpokenPage,
    SpokenWord,
    Transcript,
)

SHOWN = (1, 4, 5, 6, 7)  # pages 2 and 3 are steps of the build that page 4 ends


def whole(page: np.ndarray) -> np.ndarray:
    return cv2.resize(page, (1280, 720), interpolation=cv2.INTER_AREA)


def softened(page: np.ndarray) -> np.ndarray:
    small = cv2.resize(page, (640, 360), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def letterboxed(page: np.ndarray) -> np.ndarray:
    frame = np.zeros((960, 1280, 3), np.uint8)
    frame[120:840] = whole(page)
    return frame


def with_presenter(page: np.ndarray) -> np.ndarray:
    frame = whole(page)
    frame[480:, 960:] = np.random.default_rng(1).integers(0, 255, (240, 320, 3))
    return frame


def in_a_window(page: np.ndarray) -> np.ndarray:
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[90:630, 200:1160] = cv2.resize(page, (960, 540), interpolation=cv2.INTER_AREA)
    return frame


def filmed(page: np.ndarray) -> np.ndarray:
    corners = np.float32([[0, 0], [1280, 0], [1280, 720], [0, 720]])
    seen = np.float32([[120, 90], [1190, 60], [1210, 650], [100, 690]])
    tilt = cv2.getPerspectiveTransform(corners, seen)
    return cv2.warpPerspective(
        cv2.GaussianBlur(whole(page), (0, 0), 1), tilt, (1280, 720), borderValue=(40,) * 3
    )


def record(
    deck: Deck, deck_dir: Path, folder: Path, pages: tuple[int, ...], how: Callable[[np.ndarray], np.ndarray]
) -> SlideExtraction:
    slides = []
    for number, page in enumerate(pages, 1):
        picture = how(cv2.imread(str(deck_dir / str(deck.pages[page - 1].image))))
        slides.append(write(folder, number, picture))
    return SlideExtraction(slides=tuple(slides), duration_s=60.0 * len(pages))


def write(folder: Path, number: int, picture: np.ndarray) -> Slide:
    folder.mkdir(exist_ok=True)
    name = f"slide_{number:04d}.png"
    cv2.imwrite(str(folder / name), picture)
    shown = Interval(start_s=60.0 * (number - 1), end_s=60.0 * number)
    rows, columns = picture.shape[:2]
    return Slide(
        number=number, intervals=(shown,), image=name, width=columns, height=rows, frame_s=shown.start_s + 30
    )


@pytest.mark.parametrize("how", [whole, softened, letterboxed, with_presenter, in_a_window, filmed])
def test_slides_are_known_however_they_were_recorded(how, deck, deck_dir, tmp_path):
    recorded = record(deck, deck_dir, tmp_path / "slides", SHOWN, how)
    match = match_slides(recorded, tmp_path / "slides", (), deck, deck_dir)
    assert [found.page for found in match.slides] == list(SHOWN)
    assert match.slides[1].builds == (2, 3)
    assert match.not_shown == ()


@pytest.mark.parametrize("how", [softened, with_presenter, filmed])
def test_near_twins_are_told_apart_against_the_order_of_the_deck(how, deck, deck_dir, tmp_path):
    recorded = record(deck, deck_dir, tmp_path / "slides", (6, 5), how)
    match = match_slides(recorded, tmp_path / "slides", (), deck, deck_dir)
    assert [found.page for found in match.slides] == [6, 5]


def test_what_is_not_in_the_deck_matches_nothing(deck, deck_dir, tmp_path):
    folder = tmp_path / "slides"
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3)).astype(np.uint8)
    board = np.full((720, 1280, 3), 30, np.uint8)
    for x in range(100, 1200, 90):
        cv2.line(board, (x, 80 + x % 7 * 40), (x + 60, 600 - x % 5 * 60), (230, 230, 230), 3)
    page = whole(cv2.imread(str(deck_dir / str(deck.pages[6].image))))
    pictures = [noise, board, np.zeros((720, 1280, 3), np.uint8), page]
    slides = tuple(write(folder, number, picture) for number, picture in enumerate(pictures, 1))
    told: list[float] = []
    match = match_slides(
        SlideExtraction(slides=slides, duration_s=240.0), folder, (), deck, deck_dir, progress=told.append
    )
    assert [found.page for found in match.slides] == [None, None, None, 7]
    assert match.not_shown == (1, 2, 3, 4, 5, 6)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_without_pictures_of_the_pages_words_decide(deck, deck_dir, tmp_path):
    recorded = record(deck, deck_dir, tmp_path / "slides", SHOWN, whole)
    texts = [SlideText(number=i, lines=deck.pages[page - 1].text.lines) for i, page in enumerate(SHOWN, 1)]
    bare = deck.model_copy(
        update={"pages": tuple(page.model_copy(update={"image": None}) for page in deck.pages)}
    )
    match = match_slides(recorded, tmp_path / "slides", texts, bare, deck_dir)
    assert [found.page for found in match.slides] == list(SHOWN)


def test_no_slides_no_matches(deck, deck_dir, tmp_path):
    match = match_slides(SlideExtraction(slides=(), duration_s=0.0), tmp_path, (), deck, deck_dir)
    assert match.slides == ()
    assert match.not_shown == tuple(range(1, 8))


def test_the_deck_s_pages_stand_in_for_the_pictures(deck, deck_dir, tmp_path):
    recorded = record(deck, deck_dir, tmp_path / "slides", (4, 1, 4), whole)
    match = match_slides(recorded, tmp_path / "slides", (), deck, deck_dir)
    shown, texts = shown_slides(deck, recorded, match)
    assert [(slide.number, slide.page, slide.builds) for slide in shown.slides] == [
        (1, 4, (2, 3)),
        (2, 1, ()),
    ]
    assert [interval.start_s for interval in shown.slides[0].intervals] == [0.0, 120.0]
    assert shown.slides[1].image == deck.pages[0].image
    assert texts[0].lines == deck.pages[3].text.lines


def test_pages_that_were_only_spoken_to(deck):
    words = (("a", 0.0), ("b", 10.0), ("c", 20.0), ("d", 30.0))
    sentences = tuple(
        Sentence(words=(SpokenWord(text=text, start_s=at, end_s=at + 5, probability=1.0),))
        for text, at in words
    )
    transcript = Transcript(language="en", model="", sentences=sentences, duration_s=40.0)
    spoken = [SpokenPage(index=i, page=page, confidence=1.0) for i, page in enumerate((2, 5, None, 2))]
    shown, texts = spoken_slides(deck, transcript, spoken)
    assert [slide.page for slide in shown.slides] == [2, 5]
    assert [(i.start_s, i.end_s) for i in shown.slides[0].intervals] == [(0.0, 10.0), (30.0, 40.0)]
    assert texts[1].number == 2
