"""Whether what went from a slide lay over it: a meeting's box, a note that popped up, a bar of the program.

A build that is taken back leaves the plain ground on which it was put. What lay over a slide is an opaque
rectangle, or a few together, and what it hid is there once it has gone: text, lines, a picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.compare.relation import Relation
from app.lectures.slides.looks.look import Look, Mask

# Pixels of a thumb: the smallest box that matters, the gaps in it that are closed (where it is as bright as
# what it hides), and by how much its sides may be off level or plumb.
_SMALLEST, _CLOSE, _OFF = 900, np.ones((5, 5), np.uint8), 4
# Of its outline the share that differs: it is opaque. Corners of two or three rectangles together.
_OPAQUE, _MOST_CORNERS = 0.7, 12
# Luma within which it is of one colour, share of it that is.
_ONE_COLOUR, _PLAIN = 12, 0.85
# Pixels of edges that came to light well inside: of a word at least.
_REVEALED = 60


def covered(before: Look, after: Look, relation: Relation, noise: Noise) -> Look | None:
    """Which of two looks that follow each other shows a slide with something over it; None: neither.

    `relation`: what they seem to be. A camera's pictures have other things before them.
    """
    if noise.is_filmed or relation is Relation.BUILD:
        return None
    if was_laid_over(before, after, noise, plain=relation is not Relation.UNBUILD):
        return before
    return after if was_laid_over(after, before, noise, plain=True) else None


def was_laid_over(before: Look, after: Look, noise: Noise, *, plain: bool) -> bool:
    """Whether what the second look shows no more was an overlay, which hid some of the slide.

    `plain`: only what had one colour, but for a name, will do: a figure may give way to another.
    """
    went = differs(before.gray, after.gray, noise) & ~before.moving & ~after.moving
    closed = cv2.morphologyEx(went.view(np.uint8), cv2.MORPH_CLOSE, _CLOSE)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    revealed = False
    for outline in outlines:
        if cv2.contourArea(outline) < _SMALLEST:
            continue
        box = np.zeros(went.shape, np.uint8)
        cv2.drawContours(box, [outline], -1, 1, cv2.FILLED)
        if not _is_rectangular(outline) or float(went[box.view(bool)].mean()) < _OPAQUE:
            return False
        if plain and not _is_plain(before.gray[box.view(bool)]):
            return False
        inside: Mask = cv2.erode(box, np.ones((2 * _OFF + 1, 2 * _OFF + 1), np.uint8)).view(bool)
        revealed |= int(np.count_nonzero(after.edges & inside)) >= _REVEALED
    return revealed


def _is_plain(luma: NDArray[np.uint8]) -> bool:
    return float((np.abs(luma - np.median(luma)) <= _ONE_COLOUR).mean()) >= _PLAIN


def _is_rectangular(outline: MatLike) -> bool:
    corners = cv2.approxPolyDP(outline, _OFF, closed=True)[:, 0].astype(np.int64)
    sides = np.abs(np.roll(corners, -1, 0) - corners)
    return 4 <= len(corners) <= _MOST_CORNERS and bool((sides.min(1) <= _OFF).all())
