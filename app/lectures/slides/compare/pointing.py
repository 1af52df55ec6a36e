"""Which of the patches in which two looks differ are a pointer's doing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.slides.compare.places import Places
from app.lectures.slides.compare.pointer import is_elsewhere, place_in, was_nudged
from app.lectures.slides.looks.look import Look, Mask

# Where a pointer and a laser spot were, and where they are now.
POINTER_PLACES = 4
# Words that one pointer may hide: one where it was, one where it is.
_HIDDEN = 2
# Share of a pointer that changed, too, where it is thought to have been.
_LEFT = 0.7
# Share of its contrast by which a pointer may look different over text; and of what changed, beside it.
_ALIKE, _BESIDE = 0.2, 0.05
# Joins the outline of a pointer to what it hides.
_SILHOUETTE = np.ones((5, 5), np.uint8)


def by_pointer(first: Sequence[Look], second: Sequence[Look], places: Places, which: Mask) -> Mask:
    """Those of the patches, none much larger than a pointer, in which one came, went or moved on."""
    found = np.zeros_like(which)
    for i in np.flatnonzero(which & places.nudge).tolist():
        patch, changed = places.patch(i)
        found[i] = was_nudged(first[-1].gray[patch], second[-1].gray[patch], changed) or any(
            is_elsewhere(looks[-1].gray, patch, changed, (look.gray for look in others))
            for looks, others in ((second, first), (first, second))
        )
    for i in np.flatnonzero(which & places.nudge & ~found).tolist():
        found[i] = any(_came_to(one, other, places, i) for one, other in ((first, second), (second, first)))
    return found


def _came_to(one: Sequence[Look], other: Sequence[Look], places: Places, i: int) -> bool:
    """Whether a pointer that is gone from another place is in this patch now, on text of its own colour.

    What it hides and what it changes look like other letters; but all that changed there is under it.
    """
    before, after = one[-1].gray, other[-1].gray
    within, changed = places.patch(i)
    rest = [places.patch(k) for k in np.flatnonzero(places.small).tolist() if k != i]
    for patch, own in rest:
        now_at = place_in(after, within, before, patch, own, _ALIKE)
        if now_at is None or any(
            place_in(after, place, before, patch, own, _ALIKE) for place, _ in rest if place != patch
        ):
            continue
        under = np.zeros(after.shape, bool)
        under[now_at] = cv2.dilate(own.view(np.uint8), _SILHOUETTE).view(bool)
        if np.count_nonzero(changed & ~under[within]) <= _BESIDE * np.count_nonzero(changed):
            return True
    return False


def more_than_pointed(first: Sequence[Look], second: Sequence[Look], places: Places, small: Mask) -> bool:
    """Whether text was replaced in more small places than a pointer may have been taken for text in.

    There never are two pointers: one may hide a word in either picture, and one that is seen elsewhere none.
    """
    if np.count_nonzero(small) > _HIDDEN:
        return True
    if not small.any() or np.count_nonzero(places.small) > POINTER_PLACES:
        return False
    pointed = by_pointer(first, second, places, places.small)
    return bool((small & ~pointed).any() and (pointed & ~small).any())


def drawn_with_pointer(a: Look, b: Look, changed: Mask, places: Places, replaced: Mask) -> bool:
    """Whether no text was replaced there: a pointer left what was drawn in those patches, or came to it."""
    pointers = np.flatnonzero(places.small & ~places.touched_up()).tolist()
    if not 0 < len(pointers) <= POINTER_PLACES:
        return False
    rest = changed.copy()
    for within in (places.patch(i)[0] for i in np.flatnonzero(replaced).tolist()):
        for patch, own in map(places.patch, pointers):
            for one, other in ((a, b), (b, a)):
                was_at = place_in(other.gray, within, one.gray, patch, own)
                if was_at is not None and (changed[was_at] & own).sum() >= _LEFT * own.sum():
                    rest[was_at] &= ~cv2.dilate(own.view(np.uint8), _SILHOUETTE).view(bool)
    if np.count_nonzero(rest) == np.count_nonzero(changed):
        return False
    left = Places(a, b, rest)
    return not (left.rewritten() & ~left.small).any()
