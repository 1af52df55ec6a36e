"""Slides told apart by bits of their edges, before their looks are unpacked and compared in full."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import with_pointer

from app.lectures.slides.compare.edge_bits import Outlines
from app.lectures.slides.looks.look import Look


def page(*lines: tuple[str, int]) -> np.ndarray:
    picture = np.full((360, 640, 3), 250, np.uint8)
    for text, top in lines:
        cv2.putText(picture, text, (40, top), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2)
    return picture


def outlines(picture: np.ndarray) -> Outlines:
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    return Outlines.of(Look(0.0, gray, np.zeros(gray.shape, bool)))


BEGUN = page(("Supply and demand", 80), ("Prices are sticky", 150))
WHOLE = page(("Supply and demand", 80), ("Prices are sticky", 150), ("The output gap", 220))
OTHER = page(("Unemployment", 110), ("A model of search", 185), ("Matching", 300))


def test_two_slides_have_little_of_each_other() -> None:
    assert outlines(WHOLE).have_little_of(outlines(OTHER), None)
    assert outlines(OTHER).have_little_of(outlines(WHOLE), None)


def test_a_build_keeps_the_outlines_and_so_does_a_slide_with_a_pointer_on_it() -> None:
    assert not outlines(BEGUN).have_little_of(outlines(WHOLE), None)
    assert not outlines(WHOLE).have_little_of(outlines(with_pointer(WHOLE, 90, 88)), None)


def test_what_all_slides_have_does_not_count() -> None:
    band = cv2.rectangle(np.zeros((360, 640), np.uint8), (0, 300), (639, 359), 1, -1)
    common = page(*((chr(65 + i) * 18, 320 + 12 * i) for i in range(3)))
    one, other = (np.where(band[..., None] > 0, common, picture) for picture in (BEGUN, page(("Other", 220))))
    assert not outlines(other).have_little_of(outlines(one), None)
    assert outlines(other).have_little_of(outlines(one), np.packbits(band))


def test_half_of_a_slide_is_little_but_for_ink_or_a_window_that_hides_the_rest() -> None:
    both = (("Supply and demand", 80), ("Prices are sticky", 150))
    one, other = (
        outlines(page(*both, *rest))
        for rest in (
            (("A model of search", 220), ("Matching", 300)),
            (("The output gap", 230), ("Sales", 310)),
        )
    )
    assert one.have_little_of(other, None, hidden=False)
    assert not one.have_little_of(other, None)
