"""What comes by a dissolve, from looks to states."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import look, slide, with_ink

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.states.segment import Segmenter


@pytest.mark.parametrize(
    ("word", "other", "share"), [("n", "twice", 0.6), ("n", "today", 0.5), ("x", "2024", 0.5)]
)
def test_a_twin_that_came_by_a_dissolve_is_no_build(word: str, other: str, share: float) -> None:
    one, two = (slide("Main result", ["Recall the bound", f"Holds for {end}"]) for end in (word, other))
    fading = [
        look(cv2.addWeighted(two, s, one, 1 - s, 0), 4 + 0.2 * i)
        for i, s in enumerate((share, share + 0.06, share + 0.12, share + 0.2))
    ]
    drawn_on = with_ink(two, 1.0)
    looks = [
        *(look(one, float(t)) for t in np.arange(20) / 5),
        *fading,
        *(look(drawn_on, 6 + float(t)) for t in np.arange(15) / 5),
    ]
    states = list(Segmenter(Noise(), lambda before, after: after).states(looks, 9.0))
    assert [s.start_s for s in states] == [0.0, 4.0]
