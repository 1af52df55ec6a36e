"""A slide's picture shows what a speaker's box hides in one look at it and not in another."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, look, record, slide, with_speaker

from app.lectures.slides.extract import extract
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.pictures.uncovered import uncover

# The last line is below the box in the corner, the first one in reach of a box at the left.
WIDE = slide("Warm restarts", ["", "", "", "Two kinds of saddle points, and one of the other kind: 4711"])
OTHER = slide("Outlook", ["Field work", "Dual numbers"])
_CORNER = (slice(HEIGHT - 90, HEIGHT - 10), slice(WIDTH - 150, WIDTH - 10))


def speaker_at_left(picture: Picture, t: float) -> Picture:
    return np.fliplr(with_speaker(np.fliplr(picture), t))


def where(box: tuple[slice, slice]) -> Mask:
    moving = np.zeros((HEIGHT, WIDTH), bool)
    moving[box] = True
    return moving


def off(path: Path, picture: Picture) -> float:
    """Mean difference of an image from a picture where either box was."""
    found = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    foot = _CORNER[0]
    return float(np.abs(found[foot].astype(int) - picture[foot]).mean())


def revisited(t: float) -> Picture:
    if 10 <= t < 20:
        return with_speaker(OTHER, t)
    return with_speaker(WIDE, t) if t < 10 else speaker_at_left(WIDE, t)


def moved_over(t: float) -> Picture:
    if t >= 24:
        return OTHER
    return with_speaker(WIDE, t) if t < 12 else speaker_at_left(WIDE, t)


@pytest.mark.parametrize(("script", "part_s"), [(revisited, 60.0), (revisited, 15.0), (moved_over, 60.0)])
def test_what_the_box_hid_is_in_the_picture(tmp_path: Path, script, part_s: float) -> None:  # type: ignore[no-untyped-def]
    video = record(tmp_path / "talk.mp4", script, 32.0, gop=20)
    found = extract(video, tmp_path / "slides", part_s=part_s)
    assert len(found.slides) == 2
    assert off(tmp_path / "slides" / found.slides[0].image, WIDE) < 4


def test_somebody_who_keeps_still_is_still_there() -> None:
    moves = look(with_speaker(WIDE, 0.2), 1.0, moving=where(_CORNER))
    still = look(with_speaker(WIDE, 1.1), 9.0)
    assert uncover(moves, [still]) == ()


def test_what_hides_the_same_in_both_is_left_and_nothing_is_looked_for_twice() -> None:
    here = look(with_speaker(WIDE, 0.2), 1.0, moving=where(_CORNER))
    too = look(with_speaker(WIDE, 1.1), 9.0, moving=where(_CORNER))
    free = look(WIDE, 19.0)
    assert uncover(here, [too]) == ()
    found = uncover(here, [too, free])
    assert [shot.t for shot in found] == [19.0]
    assert uncover(here, [look(WIDE, 29.0)], found) == ()
    opened = ~found[0].mask((HEIGHT, WIDTH))
    assert opened[_CORNER].all()
    assert float(opened.mean()) < 1.6 * float(where(_CORNER).mean())
