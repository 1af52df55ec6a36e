"""What lay over a slide for a while is no part of it; a build that is taken back is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import HEIGHT, WIDTH, Picture, look, slide, with_speaker

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.overlay import was_laid_over
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.states.state import State

FULL = slide("Main result", ["Price stickiness helps", "The output gap", "Warm restarts and saddle points"])
SPARE = slide("Main result", ["Price stickiness helps"])


def covered(picture: Picture, *boxes: tuple[int, int, int, int]) -> Picture:
    shown = picture.copy()
    for left, top, right, bottom in boxes:
        shown[top:bottom, left:right] = (52, 42, 36)
        cv2.putText(shown, "Ann", (left + 8, bottom - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240), 1)
    return shown


def over_a_line(picture: Picture) -> tuple[int, int, int, int]:
    """A box over the right end of the slide's lines."""
    rows, columns = np.nonzero(picture.min(2) < 120)
    return int(np.percentile(columns, 60)), int(rows.min()) + 20, WIDTH - 20, int(rows.max()) + 6


@pytest.mark.parametrize("second", [(), ((200, 0, 460, 20),)])
def test_a_box_that_hid_text_lay_over_the_slide(second: tuple[tuple[int, int, int, int], ...]) -> None:
    box = over_a_line(FULL)
    assert was_laid_over(look(covered(FULL, box, *second)), look(FULL), Noise(), plain=True)


def test_a_build_that_is_taken_back_did_not() -> None:
    assert not was_laid_over(look(FULL), look(SPARE), Noise(), plain=True)
    empty = (WIDTH - 220, HEIGHT - 120, WIDTH - 40, HEIGHT - 30)
    assert not was_laid_over(look(covered(SPARE, empty)), look(SPARE), Noise(), plain=True)


def test_neither_did_another_slide_nor_a_shape_that_is_no_box() -> None:
    assert not was_laid_over(
        look(FULL), look(slide("Outlook", ["Field work", "Dual numbers"])), Noise(), plain=True
    )
    assert not was_laid_over(
        look(with_speaker(FULL, 0.0)), look(with_speaker(FULL, 3.0)), Noise(), plain=True
    )
    round_one = FULL.copy()
    cv2.ellipse(round_one, (320, 180), (200, 90), 0, 0, 360, (52, 42, 36), cv2.FILLED)
    assert not was_laid_over(look(round_one), look(FULL), Noise(), plain=True)


def test_the_picture_is_taken_when_the_box_has_gone() -> None:
    book = SlideBook(Noise())
    box = (290, 60, WIDTH - 20, over_a_line(FULL)[3])
    looks = [look(covered(FULL, box), 0.5), look(FULL, 3.0)]
    book.add_all([State("slide", 0, 2, looks[:1]), State("slide", 2, 9, looks[1:])])
    assert [slide.picture_s for slide in book.slides] == [3.0]
    assert [(one.start_s, one.end_s) for one in book.slides[0].intervals] == [(0.0, 9.0)]


def test_a_figure_that_gives_way_to_another_is_no_overlay() -> None:
    one, other = SPARE.copy(), SPARE.copy()
    for picture, seed in ((one, 1), (other, 2)):
        noise = np.random.default_rng(seed).integers(0, 255, (9, 16, 3)).astype(np.uint8)
        picture[160:340, 200:520] = cv2.resize(noise, (320, 180), interpolation=cv2.INTER_NEAREST)
    assert not was_laid_over(look(one), look(other), Noise(), plain=True)


def test_a_note_that_pops_up_and_goes_makes_no_slide_of_its_own() -> None:
    book = SlideBook(Noise())
    box = (290, 60, WIDTH - 20, over_a_line(FULL)[3])
    book.add(State("slide", 0, 5, [look(FULL, 3.0)]))
    book.add(State("slide", 5, 8, [look(covered(FULL, box), 7.0)]))
    book.add(State("slide", 8, 20, [look(FULL, 12.0)]))
    assert [(one.start_s, one.end_s) for slide in book.slides for one in slide.intervals] == [(0.0, 20.0)]
    assert book.slides[0].picture_s in (3.0, 12.0)
