"""A pointer on a word or another word: a pointer is seen in more than one place, letters are not.

A pointer looks the same wherever it is, and hides what is under it. So the pixels in which a word changed are
looked for, at another place, in the pictures of the other slide: only where these differ as well, for there
is the pointer when it is not on the word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.patches import patches

# Luma by which two pictures differ at all; share of the contrast of a pointer by which it may look different
# half a pixel further on; share of a place's changes that it has to account for.
_DIFFERS, _UNLIKE, _COVERS = 22, 0.45, 0.7
# Share of what changed that lies beside what is seen there, when that hides it not, as a pointer hides all
# that it changes: a word gave way to a longer one. How far the fringe of letters reaches.
_BESIDE, _REACH = 0.2, np.ones((5, 5), np.uint8)
# Pixels of a thumb: joins the outline of a pointer, and fewer than these are none.
_JOIN, _FEWEST = np.ones((5, 5), np.uint8), 8
# Places that may have changed, of which one may be the pointer.
_PLACES = 8
# Of a thing that moved by half its size at most: what else changed where it was, as a share of it.
_FRINGE, _UNCOVERED = np.ones((3, 3), np.uint8), 0.1


def is_elsewhere(shown: Gray, patch: tuple[slice, slice], changed: Mask, others: Iterable[Gray]) -> bool:
    """Whether what is `shown` in a patch is in one of the other pictures too, at another place.

    `changed`, as large as the patch, marks the pixels that count; the others are of the same size as `shown`.
    """
    wanted = shown[patch]
    return any(
        not _is_shorter(wanted, other[patch], changed) and _is_in(other, shown, wanted, patch, changed)
        for other in others
    )


def place_in(
    other: Gray,
    within: tuple[slice, slice],
    shown: Gray,
    patch: tuple[slice, slice],
    changed: Mask,
    unlike: float = _UNLIKE,
) -> tuple[slice, slice] | None:
    """Where, `within` a part of the other picture, that is which `changed` in a patch of what is `shown`.

    For a pointer that was where something else changed since, as ink that was drawn with it. `unlike`: share
    of its contrast by which it may look different.
    """
    rows, columns = within
    wanted = shown[patch]
    top, left = max(0, rows.start - wanted.shape[0]), max(0, columns.start - wanted.shape[1])
    around = other[top : rows.stop + wanted.shape[0], left : columns.stop + wanted.shape[1]]
    found = _least_unlike(around, wanted, changed)
    if found is None or found[0] > _limit(_distance(wanted, other[patch], changed), changed, unlike):
        return None
    _, x, y = found
    return slice(top + y, top + y + wanted.shape[0]), slice(left + x, left + x + wanted.shape[1])


def was_nudged(before: Gray, after: Gray, changed: Mask) -> bool:
    """Whether what changed in a patch of two pictures is one thing that moved on by less than its size.

    On plain ground it is found again from either picture; if text came from under it, from one of them.
    """
    there = _moved_on(before, after, changed)
    back = _moved_on(after, before, changed)
    if there is not None and back is not None and there.leads_back(back):
        return True
    return any(way is not None and way.explains(changed) for way in (there, back))


@dataclass(frozen=True)
class _Way:
    """A thing, in the picture in which it is searched, and by how much it moved on to the other one."""

    thing: Mask
    x: int
    y: int

    def leads_back(self, back: _Way) -> bool:
        """Whether it moved at all, and the other way is the same way backwards."""
        moved = max(abs(self.x), abs(self.y)) > 0
        return moved and max(abs(self.x + back.x), abs(self.y + back.y)) <= 1

    def explains(self, changed: Mask) -> bool:
        """Whether it moved by little, and nearly all that changed is where it was or is."""
        _, _, width, height = cv2.boundingRect(self.thing.view(np.uint8))
        if self.x == self.y == 0 or 2 * abs(self.x) > width or 2 * abs(self.y) > height:
            return False
        move = np.array([[1, 0, self.x], [0, 1, self.y]], np.float32)
        moved = cv2.warpAffine(self.thing.view(np.uint8), move, self.thing.shape[::-1]) > 0
        rest = changed & ~cv2.dilate((self.thing | moved).view(np.uint8), _FRINGE).view(bool)
        return int(np.count_nonzero(rest)) <= _UNCOVERED * int(np.count_nonzero(self.thing))


def _moved_on(one: Gray, other: Gray, changed: Mask) -> _Way | None:
    thing = _on_ground(one, changed)
    if np.count_nonzero(thing) < _FEWEST:
        return None
    left, top, width, height = cv2.boundingRect(thing.view(np.uint8))
    part = (slice(top, top + height), slice(left, left + width))
    found = _least_unlike(other, one[part], thing[part])
    if found is None or found[0] > _limit(_distance(one, other, thing), thing):
        return None
    return _Way(thing, found[1] - left, found[2] - top)


def _is_shorter(wanted: Gray, other: Gray, changed: Mask) -> bool:
    """Whether what is seen in the other picture lies over all that changed in a patch, and this does not."""
    return _beside(wanted, changed) > _BESIDE >= _beside(other, changed)


def _beside(gray: Gray, changed: Mask) -> float:
    """Share of what changed that is not about what is seen there on the ground."""
    seen = np.argwhere(_on_ground(gray, changed))[:, ::-1].astype(np.int32)
    if not len(seen):
        return 1.0
    outline = np.zeros(changed.shape, np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(seen), 1)
    beside = changed & (cv2.dilate(outline, _REACH) == 0)
    return int(np.count_nonzero(beside)) / int(np.count_nonzero(changed))


def _on_ground(gray: Gray, changed: Mask) -> Mask:
    """The changed pixels that are not like the ground around."""
    ground = np.median(gray[~changed])
    on_it: Mask = changed & (np.abs(gray.astype(np.float32) - ground) > _DIFFERS)
    return on_it


def _is_in(other: Gray, shown: Gray, wanted: Gray, patch: tuple[slice, slice], changed: Mask) -> bool:
    differs = cv2.absdiff(other, shown) > _DIFFERS
    contrast = _distance(wanted, other[patch], changed)
    differs[patch] &= ~changed
    count, labels, stats = patches(cv2.dilate(differs.view(np.uint8), _JOIN))
    if count - 1 > _PLACES:
        return False
    rows, columns = wanted.shape
    for place, (left, top, width, height, _) in enumerate(stats[1:count].tolist(), start=1):
        if width > 2 * columns or height > 2 * rows:
            continue
        up, before = max(0, top - rows), max(0, left - columns)
        around = other[up : top + height + rows, before : left + width + columns]
        match = _least_unlike(around, wanted, changed)
        if match is None or match[0] > _limit(contrast, changed):
            continue
        _, x, y = match
        here = differs & (labels == place)
        found = here[up + y : up + y + rows, before + x : before + x + columns]
        if np.count_nonzero(found) >= max(_FEWEST, _COVERS * np.count_nonzero(here)):
            return True
    return False


def _least_unlike(around: Gray, wanted: Gray, changed: Mask) -> tuple[float, int, int] | None:
    """(sum of squares, x, y) of the place most like the changed pixels of what is wanted."""
    if around.shape[0] < wanted.shape[0] or around.shape[1] < wanted.shape[1]:
        return None
    picture, thing, weights = (one.astype(np.float32) for one in (around, wanted, changed))
    least, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(picture, thing, cv2.TM_SQDIFF, mask=weights))
    return least, x, y


def _limit(contrast: float, changed: Mask, unlike: float = _UNLIKE) -> float:
    return (unlike * contrast) ** 2 * int(np.count_nonzero(changed))


def _distance(one: Gray, other: Gray, where: Mask) -> float:
    apart = one[where].astype(np.float32) - other[where]
    return float(np.sqrt((apart**2).mean()))
