"""Whether the picture stands still from one key frame to the next, as a screen does and no camera.

Within a fraction of a second a camera hardly sways, and somebody who moves before a screen, or in a large box
beside the slides, shifts the picture as a whole by as much. Seconds later a camera is elsewhere. On a screen,
parts of the picture that are alike then as before are where they were, to a few hundredths of a pixel.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.survey.motion import shift

# Rows and columns of parts; spread of the luma of one that has edges; correlation of what is alike.
_PARTS, _EDGY, _ALIKE = 5, 3.0, 0.6
# Parts that have to be alike in all; percentage of them that have to be where they were, and how exactly: a
# coder at low quality makes up to 0.03 of nothing, a camera on its tripod makes 0.1 at least.
_FEWEST, _STANDING, _EXACTLY = 16, 25, 0.04
# Parts, their shift and its median from which on, and up to which, it is a camera beyond doubt.
_MANY, _CLEARLY, _FARTHEST = 40, 0.08, 2.0


def sways(pairs: Sequence[tuple[Gray, Gray]]) -> bool | None:
    """Whether it does not, as before a camera, from pairs of thumbs seconds apart; None: too little tells."""
    shifts = [far for one, other in pairs for far in _shifts(one, other)]
    if len(shifts) < _FEWEST:
        return None
    least = float(np.percentile(shifts, _STANDING))
    if least < _EXACTLY:
        return False
    clear = len(shifts) >= _MANY and least > _CLEARLY and float(np.median(shifts)) < _FARTHEST
    return True if clear else None


def _shifts(one: Gray, other: Gray) -> list[float]:
    """Pixels by which parts of the second are shifted, of those that are alike in both."""
    rows, columns = (side // _PARTS for side in one.shape)
    found = []
    for y, x in itertools.product(range(_PARTS), repeat=2):
        part = np.s_[y * rows : (y + 1) * rows, x * columns : (x + 1) * columns]
        before, after = (np.ascontiguousarray(thumb[part]) for thumb in (one, other))
        if min(before.std(), after.std()) > _EDGY and _correlation(before, after) > _ALIKE:
            found.append(shift(before, after))
    return found


def _correlation(one: Gray, other: Gray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
