"""Two looks that differ by their exposure alone."""

from __future__ import annotations

import cv2
import numpy as np
from filmed_videos import in_a_room
from slide_videos import look, slide

from app.lectures.slides.compare.exposure import evened

SLIDE = slide("Motivation", ["Aggregate demand", "Price stickiness"])


def test_exposure_is_evened_and_another_slide_is_left_alone() -> None:
    first = look(in_a_room(SLIDE))
    dimmer = look(cv2.convertScaleAbs(in_a_room(SLIDE), alpha=0.85))
    assert np.abs(evened(dimmer, first).gray.astype(int) - first.gray).mean() < 2
    dark = look(255 - SLIDE)
    assert evened(dark, look(SLIDE)) is dark
