"""A slide on which something drifts all the time is found; what passes between two slides is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from slide_videos import Picture, look, slide, with_ink

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.states.segment import Segmenter

A = slide("Overview", ["Price stickiness", "The output gap"])
B = slide(
    "Case study", ["Exchange-rate regime and policy", "Capital controls at the border", "A liquidity trap"]
)
C = slide("Summary", ["Window functions", "Group delay"])
FIGURE = np.random.default_rng(3).integers(40, 200, (9, 14, 3)).astype(np.uint8)


def drifting(step: int) -> Picture:
    """B, with a figure that goes on by a pixel or two from look to look."""
    picture = B.copy()
    picture[230:320, 60 + 2 * step : 200 + 2 * step] = cv2.resize(
        FIGURE, (140, 90), interpolation=cv2.INTER_NEAREST
    )
    return picture


def found(between: Callable[[int], Picture], count: int, before: Picture = A) -> list[tuple[float, float]]:
    """Slides, given what is seen between A and C."""
    pictures = [*[before] * 15, *map(between, range(count)), *[C] * 15]
    looks = [look(picture, i / 5) for i, picture in enumerate(pictures)]
    segmenter = Segmenter(Noise(), lambda _, after: after)
    return [
        (round(state.start_s, 1), round(state.end_s, 1)) for state in segmenter.states(looks, len(looks) / 5)
    ]


def test_a_slide_that_never_stands_still_is_a_slide() -> None:
    assert found(drifting, 30) == [(0.0, 3.0), (3.0, 9.0), (9.0, 12.0)]


def test_a_slow_dissolve_is_none() -> None:
    def mixed(step: int) -> Picture:
        return np.asarray(cv2.addWeighted(A, 1 - step / 20, C, step / 20, 0), np.uint8)

    assert len(found(mixed, 20)) == 2


def test_neither_is_a_slide_that_is_drawn_upon_while_it_is_there() -> None:
    def drawn(step: int) -> Picture:
        return with_ink(A, step / 30)

    assert len(found(drawn, 30)) == 2
