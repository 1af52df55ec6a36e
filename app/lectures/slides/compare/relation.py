"""How two moments of a recording relate: the same slide, a build of it, or another slide.

Pixels alone mislead: a cursor, ink, a speaker in a corner or noise change them, and a near-twin hardly
does. So a difference counts only where nothing moves and where *every* pair of looks shows it, and what
is weighed is edges: a build keeps the edges that were there, another slide does not.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.slides.compare.curtain import curtain_drawn
from app.lectures.slides.compare.exposure import evened
from app.lectures.slides.compare.figures import figure_grew
from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.places import POINTER_HEIGHT, POINTER_WIDTH, Places
from app.lectures.slides.compare.pointing import (
    POINTER_PLACES,
    by_pointer,
    drawn_with_pointer,
    more_than_pointed,
)
from app.lectures.slides.compare.strokes import SMEAR
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.patches import patches


class Relation(enum.Enum):
    SAME = "same"
    BUILD = "build"  # the second shows all of the first, and more
    UNBUILD = "unbuild"  # the first shows all of the second, and more
    TWEAK = "tweak"  # something as small as a cursor was replaced: a digit, or a cursor over text
    NEW = "new"


# As FEWEST, where a camera filmed; and edges, fewer of which are an empty picture.
_FEWEST_FILMED = 80
_FEWEST_EDGES = 60
# Share of its edges that a slide keeps while it is being built or drawn upon.
_KEPT = 0.85
# Share of its edges by which a slide grew, and times the share lost, that make a build beyond doubt.
_GROWTH, _GROWTH_RATIO = 0.12, 2.5
# Pixels that a pointer over text changes at least.
_POINTER_PIXELS = 40
# A component above this share of the picture is a change of the slide, not of something on it.
_LARGE = 0.15
# Pixels this near hang together once smeared.
_TOUCHING = np.ones((2 * SMEAR.shape[0] + 1, 2 * SMEAR.shape[1] + 1), np.uint8)
# Pixels of a thumb that the smallest speaker's box has.
_SPEAKER = 2500
# Share of a component that moves when all of it is taken for a speaker's box.
_MOVING_SHARE = 0.35


def relate(
    first: Sequence[Look],
    second: Sequence[Look],
    noise: Noise,
    *,
    furniture: Mask | None = None,
    in_sequence: bool = False,
    passing: bool = False,
) -> Relation:
    """How the second state, seen in its looks (oldest first), follows from the first.

    `furniture` marks edges that nearly every slide has (bands, logos): they say nothing. `in_sequence`: one
    was shown right after the other, so that growing by much is a build even if a number changed with it.
    `passing`: one may be fading into the other, so that a shorter word is still seen under a longer one.
    """
    a, b = first[-1], second[-1]
    if a is b:
        return Relation.SAME
    if noise.is_filmed:
        b = evened(b, a)
        second = [*second[:-1], b]
    changed = _lasting_change(first, second, noise)
    fewest = _FEWEST_FILMED if noise.is_filmed else FEWEST
    if changed is None or int(np.count_nonzero(changed)) < fewest:
        return Relation.SAME
    if abs(a.background - b.background) > 30 and np.count_nonzero(changed) > 0.2 * changed.size:
        drawn = in_sequence and not noise.is_filmed and curtain_drawn(a, b, changed, ~(a.moving | b.moving))
        return Relation.BUILD if drawn else Relation.NEW
    moving = moving_parts(changed, a.moving | b.moving)
    changed &= ~moving
    if int(np.count_nonzero(changed)) < fewest:
        return Relation.SAME
    still = ~moving if furniture is None else ~(moving | furniture)
    return _by_edges(first, second, changed, noise, still, in_sequence, passing)


def _by_edges(
    first: Sequence[Look],
    second: Sequence[Look],
    changed: Mask,
    noise: Noise,
    still: Mask,
    in_sequence: bool,
    passing: bool,
) -> Relation:
    a, b = first[-1], second[-1]
    places: Places | None = None
    pixels = int(np.count_nonzero(changed))
    if pixels <= 4 * POINTER_PLACES * POINTER_WIDTH * POINTER_HEIGHT:
        places = Places(a, b, changed)
        few = len(places.small) <= POINTER_PLACES
        no_more = places.small
        if few and places.nudge.all() and not noise.is_filmed:
            replaced = places.rewritten()
            if not places.small.all() or len(places.small) == 1:
                touched_up = places.touched_up()
                if places.small.all() and pixels >= _POINTER_PIXELS:
                    touched_up = places.in_line(touched_up, alone=True)
                replaced |= touched_up
            pointed = by_pointer(first, second, places, replaced)
            if twins := int(np.count_nonzero(replaced & ~pointed)):
                # There never are two pointers: one that is seen elsewhere is not on a word. But it may hide.
                seen = pointed.any() or by_pointer(first, second, places, ~replaced).any()
                return Relation.NEW if twins > 1 or seen else Relation.TWEAK
            no_more = no_more | pointed
        if few and no_more.all():
            return Relation.SAME
    edges_a, edges_b = a.edges & still, b.edges & still
    all_a, all_b = int(np.count_nonzero(edges_a)), int(np.count_nonzero(edges_b))
    lost, gained = int(np.count_nonzero(edges_a & changed)), int(np.count_nonzero(edges_b & changed))
    if all_a < _FEWEST_EDGES or all_b < _FEWEST_EDGES:
        return Relation.NEW if max(all_a, all_b) >= _FEWEST_EDGES else Relation.SAME
    kept_a, kept_b = 1 - lost / all_a, 1 - gained / all_b
    apart = kept_a < _KEPT and kept_b < _KEPT
    if apart and (noise.is_filmed or not in_sequence or gained <= lost):
        return Relation.NEW
    if in_sequence and _grew(1 - kept_a, 1 - kept_b):
        return Relation.BUILD
    places = places or Places(a, b, changed)
    replaced = places.rewritten()
    if apart:
        pointers = places.small & ~(replaced & ~by_pointer(first, second, places, replaced & places.small))
        rest = places.without(pointers, changed) if np.count_nonzero(pointers) <= POINTER_PLACES else changed
        return Relation.BUILD if figure_grew(a, b, rest, still) else Relation.NEW
    if not noise.is_filmed:  # what a camera films wanders by about as much
        replaced |= places.low & places.touched_up()
        if not passing:
            replaced |= places.gave_way()
    small = replaced & places.small
    if not noise.is_filmed and more_than_pointed(first, second, places, small):
        return Relation.NEW
    replaced &= ~small
    if (
        replaced.any()
        and not by_pointer(first, second, places, replaced)[replaced].all()
        and not drawn_with_pointer(a, b, changed, places, replaced)
    ):
        return Relation.NEW
    if kept_a >= _KEPT and (kept_a >= kept_b or kept_b < _KEPT) and gained > 20:
        return Relation.BUILD
    if kept_b >= _KEPT and lost > 20:
        if in_sequence and not noise.is_filmed and curtain_drawn(a, b, changed, still):
            return Relation.BUILD
        # Ink goes with the slide it was on: a word replaced with it may be all that tells the next one.
        if in_sequence and not noise.is_filmed and 0 < np.count_nonzero(small) <= POINTER_PLACES:
            return (
                Relation.UNBUILD if by_pointer(first, second, places, small)[small].all() else Relation.TWEAK
            )
        return Relation.UNBUILD
    return Relation.SAME


def _grew(lost: float, gained: float) -> bool:
    """Whether so much came that some text replaced beside it does not matter."""
    return gained > _GROWTH and gained > _GROWTH_RATIO * lost and lost < 1 - _KEPT


def _lasting_change(first: Sequence[Look], second: Sequence[Look], noise: Noise) -> Mask | None:
    """Pixels that differ between every look of the first and every look of the second; None: none."""
    changed: Mask | None = None
    for b in reversed(second):
        for a in reversed(first):
            pair = differs(a.gray, b.gray, noise).view(np.uint8)
            if cv2.countNonZero(pair) < FEWEST:
                return None
            for moving in (a.moving, b.moving):
                cv2.subtract(pair, moving.view(np.uint8), dst=pair)  # and not moving
            if changed is None:
                changed = pair.view(bool)
            else:
                cv2.bitwise_and(pair, changed.view(np.uint8), dst=pair)
                changed = pair.view(bool)
            if cv2.countNonZero(pair) < FEWEST:
                return None
    return changed


def moving_parts(changed: Mask, moving: Mask) -> Mask:
    """What moves, with the changes that hang together with it: a speaker's box that came, went or moved."""
    if not moving.any():
        return moving
    if not (changed & (cv2.dilate(moving.view(np.uint8), _TOUCHING) > 0)).any():
        return moving
    joined = cv2.dilate((changed | moving).view(np.uint8), SMEAR)
    count, labels, stats = patches(joined)
    part = _box(cv2.boundingRect(moving.view(np.uint8)))
    inside = np.bincount(labels[part][moving[part]], minlength=count)
    parts = (inside > _MOVING_SHARE * stats[:, cv2.CC_STAT_AREA]) & (
        stats[:, cv2.CC_STAT_AREA] < _LARGE * changed.size
    )
    parts[0] = False
    found = moving.copy()
    for i in np.flatnonzero(parts).tolist():
        part = _box(stats[i, :4].tolist())
        own = labels[part] == i
        # A small thing that moves draws what hangs together with it; a speaker's box does not.
        found[part] |= own & _around(moving[part] & own) if inside[i] >= _SPEAKER else own
    return found


def _around(moving: Mask) -> Mask:
    """What is no farther from where it moves than somebody's box may reach: text beside it is none of it."""
    left, top, width, height = cv2.boundingRect(moving.view(np.uint8))
    around = np.zeros_like(moving)
    rows = slice(max(0, top - height // 2), top + height + height // 2)
    around[rows, max(0, left - width // 2) : left + width + width // 2] = True
    return around


def _box(rectangle: Sequence[int]) -> tuple[slice, slice]:
    """(rows, columns) of (left, top, width, height)."""
    left, top, width, height = rectangle
    return slice(top, top + height), slice(left, left + width)
