"""From looks at a recording filmed with a camera to states."""

from __future__ import annotations

import numpy as np
import pytest
from slide_videos import Picture, look, slide

from app.lectures.slides.compare import Noise, Relation, relate
from app.lectures.slides.segment import Segmenter

NOISE = Noise(reach=1)
BARE = slide("Case study", ["Exchange-rate regime"])
FULL = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
NEXT = slide("Summary", ["Window functions", "Group delay"])


@pytest.mark.parametrize(("stands_s", "picture"), [(0.8, BARE), (1.4, BARE), (4.0, FULL)])
def test_what_shows_up_in_a_dissolve_is_no_build(stands_s: float, picture: Picture) -> None:
    left_s = 6 + stands_s
    looks = [
        look(shown, float(t))
        for shown, start, end in ((BARE, 0, 6), (FULL, 6, left_s), (NEXT, left_s, left_s + 4))
        for t in np.arange(round(start * 5), round(end * 5)) / 5
    ]
    states = list(Segmenter(NOISE, lambda before, after: after).states(looks, left_s + 4))
    assert [(s.start_s, s.end_s) for s in states] == [(0.0, left_s), (left_s, left_s + 4)]
    assert relate(states[0].looks, [look(picture, 0.0)], NOISE) is Relation.SAME
    assert all((shot.t < 6) is (picture is BARE) for shot in states[0].choose_shots())
