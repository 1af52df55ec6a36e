"""Text that gave way to text: strokes wiped to the bare ground, others put on bare ground beside them.

Ink across a word, a shape laid over a line or a bar that grew cover strokes, but wipe none: what is there
afterwards is not the ground that was around them. Strokes are told from shapes by their width, with a
morphological top-hat (Meyer 1979).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask

# Patches nearer than this belong together (pixels of a thumb).
SMEAR = np.ones((7, 7), np.uint8)
# Wider things are shapes (pixels of a thumb); luma by which a stroke stands out of its ground.
WIDEST_STROKE, _STANDS_OUT = 13, 24
_WIDEST = np.ones((WIDEST_STROKE, WIDEST_STROKE), np.uint8)
# Luma by which bare ground may differ, and the mean of two texts in the same colour.
_SAME_GROUND, _SAME_COLOUR = 20, 30
# The same where few pixels were compared, most of them fringes.
_SAME_COLOUR_OF_FEW = 50
# Share of a stroke's height above its ground at which it counts as gone.
_FRINGE = 0.35
# Pixels of strokes that went, and that came, for text to have been replaced.
_FEWEST_STROKES = 10
_FEWEST_TOUCHED = 8
# Amounts of text that may stand for each other in one spot, "century" for "n"; and in a whole patch of
# changes, where a line moved on because a letter in it got wider.
_ALIKE, _ALIKE_IN_ALL = 0.03, 0.4
# The same for a character; ink that crosses a line puts to it far more than it takes.
_ALIKE_TOUCHED = 0.15
# Share of what changed that shows bare ground, where text did; and where there is less of that, share of the
# way between text and ground that what was taken and what was put have in common.
_BARED, _SHADES_SHARED = 0.05, 0.25


def wiped(a: Gray, b: Gray, changed: Mask) -> Mask:
    """Strokes of `a`, dark or bright, in whose place `b` shows the ground they stood on."""
    return changed & (_stood_on(a, _ground(a), b) | _stood_on(~a, _ground(~a), ~b))


def rewritten(a: Gray, b: Gray, changed: Mask, labels: NDArray[np.int32], count: int) -> Mask:
    """For each of `count` patches of changes (0: none), numbered in `labels`: was text in it replaced?"""
    found = np.zeros(count, bool)
    for before, after in ((a, b), (~a, ~b)):
        found |= _rewritten_bright(before, after, changed, labels, count)
    found[0] = False
    return found


def _rewritten_bright(a: Gray, b: Gray, changed: Mask, labels: NDArray[np.int32], count: int) -> Mask:
    ground_a, ground_b = _ground(a), _ground(b)
    wiped = changed & _stood_on(a, ground_a, b)
    written = changed & _stood_on(b, ground_b, a)
    spots, found_spots = cv2.connectedComponents(cv2.dilate((wiped | written).astype(np.uint8), SMEAR))
    spot_of = np.asarray(found_spots, np.int32)
    replaced = _replaced(a, b, wiped, written, spot_of, spots, _ALIKE)
    found = _replaced(a, b, wiped, written, labels, count, _ALIKE_IN_ALL)
    found[labels[(wiped | written) & replaced[spot_of]]] = True
    return found


def touched_up(a: Gray, b: Gray, changed: Mask, labels: NDArray[np.int32], count: int) -> Mask:
    """For each patch, one character at most: was something taken from a text and something put to it?

    What a dark text loses either is wiped or fills up with the bright strokes between its own. A line across
    two grounds, the brighter and the darker than it, seems to do both; but it lies between them.
    """
    lost, gained, alike = np.zeros(count), np.zeros(count), np.ones(count, bool)
    bared, darker, brighter = np.zeros(count), np.zeros_like(changed), np.zeros_like(changed)
    for before, after, less, more, down, up in (
        (a, b, lost, gained, darker, brighter),
        (~a, ~b, gained, lost, brighter, darker),
    ):
        ground_a, ground_b = _ground(before), _ground(after)
        wiped = changed & _stood_on(before, ground_a, after)
        written = changed & _stood_on(after, ground_b, before)
        went, colour_a = _amounts(labels[wiped], before[wiped], count)
        came, colour_b = _amounts(labels[written], after[written], count)
        bared += went
        less += went
        more += came
        alike &= (np.minimum(went, came) == 0) | (np.abs(colour_a - colour_b) < _SAME_COLOUR_OF_FEW)
        down |= wiped
        up |= written
    few_bared = bared < _BARED * (lost + gained)
    if few_bared.any():
        alike &= ~few_bared | _shares_shades(a, b, darker, brighter, labels, count)
    least, most = np.minimum(lost, gained), np.maximum(lost, gained)
    found: Mask = (least >= _FEWEST_TOUCHED) & (least > _ALIKE_TOUCHED * most) & alike
    found[0] = False
    return found


def darkened_and_brightened(a: Gray, b: Gray, changed: Mask) -> tuple[Mask, Mask]:
    """Where strokes came to bare ground or left it: the places that got darker by it, and brighter."""
    darker, brighter = np.zeros_like(changed), np.zeros_like(changed)
    for before, after, down, up in ((a, b, darker, brighter), (~a, ~b, brighter, darker)):
        down |= changed & _stood_on(before, _ground(before), after)
        up |= changed & _stood_on(after, _ground(after), before)
    return darker, brighter


def _shares_shades(
    a: Gray, b: Gray, darker: Mask, brighter: Mask, labels: NDArray[np.int32], count: int
) -> Mask:
    """For each patch: is what got darker, and what got brighter, on the way between the same two shades?"""
    (_, from_high), (_, to_low) = (_amounts(labels[darker], one[darker], count) for one in (a, b))
    (_, from_low), (_, to_high) = (_amounts(labels[brighter], one[brighter], count) for one in (a, b))
    shared = np.minimum(from_high, to_high) - np.maximum(to_low, from_low)
    found: Mask = shared > _SHADES_SHARED * np.minimum(from_high - to_low, to_high - from_low)
    return found


def _replaced(
    a: Gray, b: Gray, wiped: Mask, written: Mask, labels: NDArray[np.int32], count: int, alike: float
) -> Mask:
    went, colour_a = _amounts(labels[wiped], a[wiped], count)
    came, colour_b = _amounts(labels[written], b[written], count)
    least, most = np.minimum(went, came), np.maximum(went, came)
    found: Mask = (least >= _FEWEST_STROKES) & (least > alike * most)
    return found & (np.abs(colour_a - colour_b) < _SAME_COLOUR)


def _ground(gray: Gray) -> Gray:
    """What is left of the picture without its bright strokes."""
    return np.asarray(cv2.morphologyEx(gray, cv2.MORPH_OPEN, _WIDEST), np.uint8)


def _stood_on(gray: Gray, ground: Gray, other: Gray) -> Mask:
    """Strokes where the other picture shows their bare ground, or nearly (the fringe of another stroke)."""
    height = cv2.subtract(gray, ground)
    fringe = np.maximum(cv2.convertScaleAbs(height, alpha=_FRINGE), _SAME_GROUND)
    strokes: Mask = (height > _STANDS_OUT) & (cv2.absdiff(other, ground) < fringe)
    return strokes


def _amounts(
    labels: NDArray[np.int32], luma: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pixels in each patch, and their mean luma."""
    amount = np.bincount(labels, minlength=count)
    return amount, np.bincount(labels, luma, minlength=count) / np.maximum(amount, 1)
