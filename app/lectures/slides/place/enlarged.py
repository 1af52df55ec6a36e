"""The whole of a page whose body was found: what lies beyond a side of it and ends in an outline, too.

Below a band with its title the body of a design is as lasting an outline as the page. That of the page itself
cancels out in the mean when some pages are darker than the wall and others brighter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.outline import (
    VISIBLE,
    Field,
    Points,
    across_side,
    places_along,
    refined,
    steepness,
    strongest_along,
)

# Shares of the page's height, or width, by which it may reach further; places tried a pixel and a half apart.
_LEAST, _MOST, _STEP = 0.04, 0.4, 1.5
# The most promising places for its side that are looked at in each moment.
_TRIED = 3
# Share of a side that is seen in a moment; share of the moments in which that and the two beside it are.
_SEEN, _LASTING = 0.6, 0.6
# Luma by which pixels beyond the side change from moment to moment, and share of them that do: a rim, a
# shelf or a wall stays as it is.
_CHANGES, _CHANGING = 40, 0.03


def enlarged(corners: Points, pictures: Sequence[Gray]) -> Points:
    """Corners (4, 2) moved outward where the page goes on; the same ones where it does not."""
    each = [steepness(picture) for picture in pictures]
    usual = (np.mean([np.abs(a) for a, _ in each], axis=0), np.mean([np.abs(d) for _, d in each], axis=0))
    pile = np.stack(pictures)
    changes = np.asarray(np.ptp(pile, axis=0) > _CHANGES, np.float32)
    for side in range(4):
        for moved in _promising(corners, side, usual):
            seen = sum(_is_seen(corners, moved, side, fields) for fields in each)
            if seen > _LASTING * len(each) and _between(corners, moved, side, changes) > _CHANGING:
                corners = refined(moved, *usual)
                break
    return corners


def _promising(corners: Points, side: int, usual: tuple[Field, Field]) -> list[Points]:
    """The corners with this side moved to where it is steepest in the mean, best first."""
    rows, columns = usual[0].shape
    places = [
        moved for moved in _moves(corners, side) if ((moved > -1) & (moved < (columns, rows))).all(axis=None)
    ]
    strength = np.array([float(_across(moved, side, usual).mean()) for moved in places])
    peaks = [i for i in range(len(places)) if strength[i] >= strength[max(0, i - 2) : i + 3].max() and i]
    return [places[i] for i in sorted(peaks, key=lambda i: -strength[i])[:_TRIED]]


def _moves(corners: Points, side: int) -> Iterator[Points]:
    start, end = side, (side + 1) % 4
    before, after = (side - 1) % 4, (side + 2) % 4
    one, other = corners[start] - corners[before], corners[end] - corners[after]
    length = float(min(np.linalg.norm(one), np.linalg.norm(other)))
    for share in np.arange(_LEAST, _MOST, _STEP / length).tolist():
        moved = corners.copy()
        moved[start] += share * one
        moved[end] += share * other
        yield moved


def _is_seen(corners: Points, moved: Points, side: int, fields: tuple[Field, Field]) -> bool:
    """Whether the moved side is there in a moment, and what leads to it on either hand."""
    if float((_across(moved, side, fields) > VISIBLE).mean()) <= _SEEN:
        return False
    field = fields[side % 2]
    return all(
        float((strongest_along(corners[i], moved[i], field) > VISIBLE).mean()) > _SEEN
        for i in (side, (side + 1) % 4)
    )


def _across(corners: Points, side: int, fields: tuple[Field, Field]) -> Field:
    return strongest_along(corners[side], corners[(side + 1) % 4], fields[1 - side % 2])


def _between(corners: Points, moved: Points, side: int, changes: Field) -> float:
    """Share of the pixels between a side and where it moved to that change."""
    start, end = side, (side + 1) % 4
    shares = np.linspace(0.1, 0.9, 9)
    found = []
    for share in shares.tolist():
        one, other = (corners[i] + share * (moved[i] - corners[i]) for i in (start, end))
        places, normal = places_along(one, other)
        found.append(float(across_side(changes, places, normal, np.zeros(1)).mean()))
    return float(np.mean(found))
