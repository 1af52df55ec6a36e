"""Looks of a slide that are worth keeping."""

from __future__ import annotations

import numpy as np

from app.lectures.slides.looks.look import Look, differing


def test_of_looks_that_show_the_same_the_last_is_kept_in_its_place() -> None:
    plain, spot = np.full((4, 6), 250, np.uint8), np.full((4, 6), 250, np.uint8)
    spot[1, 1] = 0
    still, moved = np.zeros((4, 6), bool), np.ones((4, 6), bool)
    looks = [
        Look(0.0, plain, still),
        Look(1.0, spot, still),
        Look(2.0, plain.copy(), still.copy()),
        Look(3.0, plain, moved),
    ]
    assert [look.t for look in differing(looks)] == [1.0, 2.0, 3.0]
    assert differing(looks[:1]) == looks[:1]
    assert differing([]) == []
