"""Ink is told from what a slide itself grows by; the picture is without it, and another one with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from slide_videos import Picture, graph, record, shown, slide, with_ink, with_pointer

from app.lectures.model import Slide
from app.lectures.slides import extract
from app.lectures.slides.pictures.ink import was_drawn, written

LINES = ("where the pressure drops", "the flow speeds up", "along one streamline")
PART, FULL = slide("Bernoulli", LINES[:2]), slide("Bernoulli", LINES)
INK = (210, 30, 30)


def circled(picture: Picture, x: int, y: int, colour: tuple[int, int, int] = INK) -> Picture:
    drawn = picture.copy()
    cv2.ellipse(drawn, (x, y), (60, 25), 0, 0, 360, colour, 2, cv2.LINE_AA)
    return drawn


def scribbled(picture: Picture, x: int, y: int) -> Picture:
    """So densely that no line is seen in it."""
    drawn = picture.copy()
    cv2.rectangle(drawn, (x, y), (x + 40, y + 11), INK, -1)
    return drawn


def ruled(picture: Picture) -> Picture:
    drawn = picture.copy()
    cv2.line(drawn, (40, 300), (600, 300), INK, 2)
    return drawn


def test_lines_and_scribbles_are_ink_whatever_they_cross() -> None:
    steps = [FULL, circled(FULL, 130, 100), scribbled(circled(FULL, 130, 100), 300, 200)]
    masks = written(steps)
    assert masks is not None
    for before, after, mask in zip(steps, steps[1:], masks, strict=False):
        changed = np.abs(before.astype(int) - after).max(2) > 60
        assert np.count_nonzero(mask & changed) > 0.95 * np.count_nonzero(changed)
        assert not (mask & ~(np.abs(before.astype(int) - after).max(2) > 0)).any()


def zigzag(picture: Picture, x: int, y: int) -> Picture:
    drawn = picture.copy()
    points = np.array([(x + 5 * i, y + (12 if i % 2 else -12 - i % 5)) for i in range(14)], np.int32)
    cv2.polylines(drawn, [points], False, INK, 3, cv2.LINE_AA)
    return drawn


def test_a_scribble_that_came_with_a_line_in_one_step_is_ink() -> None:
    after = zigzag(circled(FULL, 130, 100), 300, 200)
    masks = written([FULL, after])
    assert masks is not None
    changed = np.abs(FULL.astype(int) - after).max(2) > 60
    assert np.count_nonzero(masks[0] & changed) > 0.95 * np.count_nonzero(changed)


def test_what_a_speaker_moves_meanwhile_does_not_count() -> None:
    after, speaker = circled(FULL, 130, 100), np.zeros(FULL.shape[:2], bool)
    speaker[250:350, 480:630] = True
    after[speaker] = np.random.default_rng(5).integers(0, 255, (int(speaker.sum()), 3))
    assert written([FULL, after]) is None
    masks = written([FULL, after], speaker)
    assert masks is not None
    assert masks[0].any()
    assert not (masks[0] & speaker).any()


@pytest.mark.parametrize(
    "fuller",
    [
        FULL,
        ruled(PART),
        scribbled(circled(PART, 130, 100), 300, 200),
        graph("Bernoulli", 5, seed=3),
        with_pointer(PART, 300, 200),
        np.full_like(PART, 30),
    ],
    ids=["text", "rule", "curve and bar", "figure", "pointer", "another slide"],
)
def test_what_is_built_is_no_ink(fuller: Picture) -> None:
    assert written([PART, fuller]) is None


@pytest.mark.parametrize("length", [64, 246])
def test_an_arrow_is_no_ink_though_its_head_is_wider_than_its_shaft(length: int) -> None:
    before = np.asarray(cv2.resize(PART, None, fx=2, fy=2), np.uint8)
    after = before.copy()
    across, along = np.array(
        [(-3, 3, 3, 10, 0, -10, -3), (0, 0, length, length, length + 12, length, length)]
    )
    corners = np.stack((across + 640, along + 400), axis=1).astype(np.int32)
    cv2.fillPoly(after, [corners], (20, 20, 20), cv2.LINE_AA)
    assert written([before, after]) is None


def test_what_is_built_between_is_no_ink_either() -> None:
    first = circled(PART, 400, 300)
    masks = written([PART, first, circled(FULL, 400, 300)])
    assert masks is not None
    assert masks[0].any()
    assert not masks[1].any()


def test_ink_stays_where_text_was_built_upon_it_for_that_was_never_seen_without_it() -> None:
    first = circled(PART, 150, 190)
    masks = written([PART, first, circled(FULL, 150, 190)])
    assert masks is not None
    text = np.abs(PART.astype(int) - FULL).max(2) > 60
    assert np.count_nonzero(text & (first == INK).all(2)) > 10
    assert not (masks[0] & text).any()
    assert masks[0][205:].any()
    # A pointer beside it hides nothing.
    pointed = written([PART, first, with_pointer(first, 205, 190)])
    assert pointed is not None
    assert np.count_nonzero(pointed[0]) > 400


def test_the_beginning_of_a_line_is_ink_once_the_rest_of_it_has_come() -> None:
    begun, drawn = with_ink(FULL, 0.02), with_ink(FULL, 1.0)
    masks = written([FULL, begun, drawn])
    assert masks is not None
    assert masks[0].any()


def test_a_line_is_ink_only_if_it_was_seen_half_drawn() -> None:
    after = with_ink(FULL, 1.0)
    line = np.abs(FULL.astype(int) - after).max(2) > 60
    half, faded = with_ink(FULL, 0.5), cv2.addWeighted(FULL, 0.5, after, 0.5, 0).astype(np.uint8)
    assert was_drawn(FULL, after, line, [FULL, half, after])
    assert not was_drawn(FULL, after, line, [FULL, after])
    assert not was_drawn(FULL, after, line, [FULL, faded, after])


def recorded(tmp_path: Path, script: Callable[[float], Picture]) -> tuple[Slide, Path]:
    found = extract(record(tmp_path / "ink.mp4", script, 20.0, gop=20), tmp_path / "slides")
    assert len(found.slides) == 1
    return found.slides[0], tmp_path / "slides"


def off(file: Path, picture: Picture) -> float:
    written_picture = cv2.imread(str(file))
    assert written_picture is not None
    return float(np.mean(np.abs(written_picture[..., ::-1].astype(int) - picture).max(2) > 60))


def test_the_picture_is_the_full_build_without_ink_and_another_has_the_ink(tmp_path: Path) -> None:
    base = shown((0, PART), (13, FULL))
    found, folder = recorded(
        tmp_path, lambda t: with_ink(base(t), min(1.0, (t - 4) / 3)) if t > 4 else base(t)
    )
    assert found.annotated == "slide_0001_annotated.png"
    assert off(folder / found.image, FULL) < 0.002
    assert off(folder / found.annotated, with_ink(FULL, 1.0)) < 0.002
    assert off(folder / found.annotated, FULL) > 0.005


def test_a_line_that_is_there_at_once_belongs_to_the_slide(tmp_path: Path) -> None:
    found, folder = recorded(tmp_path, shown((0, FULL), (8, with_ink(FULL, 1.0))))
    assert found.annotated is None
    assert off(folder / found.image, with_ink(FULL, 1.0)) < 0.002


def test_what_is_written_on_a_page_that_is_else_empty_is_the_picture(tmp_path: Path) -> None:
    blank = np.full_like(FULL, 255)
    cv2.putText(blank, "1", (30, 40), 0, 0.5, (30, 30, 30), 1, cv2.LINE_AA)

    def script(t: float) -> Picture:
        page = blank
        for i in range(4):
            if t > 3 + 4 * i:
                moved = np.roll(
                    with_ink(np.full_like(FULL, 255), min(1.0, (t - 3 - 4 * i) / 3)), 60 * i - 120, 0
                )
                page = np.minimum(page, moved)
        return page

    found = extract(record(tmp_path / "ink.mp4", script, 20.0, gop=20), tmp_path / "slides")
    assert [one.annotated for one in found.slides] == [None] * len(found.slides)
    assert off(tmp_path / "slides" / found.slides[-1].image, script(19.9)) < 0.003
