"""What was written on a slide by hand while it was shown, told from what the slide itself grew by.

A pen leaves lines of one colour and one width, longer than a letter and no straight rules, that come alone;
what is built comes with letters, or as shapes. And a pen draws a line from one end to the other, while what
is built is there at once, or fades in everywhere. Pictures are (rows, columns, BGR) of one shape.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.patches import patches
from app.lectures.slides.pictures.pieces import CAME, SHORTEST, Picture, Piece, area_of, pieces_between

# Shares of the picture's width: a line's width at most, and that of what a pen filled by going to and fro.
_WIDEST, _WIDEST_FILLED = 0.0085, 0.024
# And between the words of a line of text, about.
_GAP = 0.012
# Share of what came in a step that is strokes, for the strokes in it to be ink.
_ALONE = 0.7
# Pixels around a stroke into which coding carries its colour.
_FRINGE = np.ones((9, 9), np.uint8)
# Share of a line that is there in mid-stroke, and share that may be on its way, as all is in a fade.
_UNDER_WAY, _FADING = (0.12, 0.88), 0.25


def written(pictures: Sequence[Picture], moving: Mask | None = None) -> list[Mask] | None:
    """For each step from one picture to the next what was written in it; None: nothing in any.

    In the colour of a line that came alone, or with scribbles, what a pen filled is believed too, and lines
    that came with something else. What changes where something is `moving` does not count.
    """
    steps = [pieces_between(before, after, moving) for before, after in itertools.pairwise(pictures)]
    columns = pictures[0].shape[1]
    lines = [[piece for piece in step if piece.is_line(_WIDEST * columns)] for step in steps]
    alone = [
        piece
        for step, found in zip(steps, lines, strict=True)
        if area_of((*found, *_scribbles(step, found, _WIDEST_FILLED * columns))) > _ALONE * area_of(step)
        for piece in found
    ]
    if not alone:
        return None
    pen = max(alone, key=lambda piece: sum(other.area for other in alone if other.is_of(piece.colour))).colour
    masks: list[Mask] = []
    built: list[Mask] = []
    begun: list[list[Piece]] = []
    so_far = np.zeros(pictures[0].shape[:2], bool)
    for step, found in zip(steps, lines, strict=True):
        ink = [piece for piece in found if piece.is_of(pen)]
        rest = [piece for piece in step if piece not in ink and piece.is_of(pen)]
        filled = [p for p in rest if p.long and p.thick <= _WIDEST_FILLED * columns]
        if area_of(ink) + area_of(filled) > _ALONE * area_of(step):
            ink += filled
        mask = np.zeros_like(so_far)
        for piece in ink:
            mask[piece.part] |= piece.own
        # A line may have been half drawn: the rest of it is short.
        short = [p for p in rest if not p.long and p.thick <= _WIDEST * columns]
        _add_touching(mask, short, fringe(so_far | mask))
        begun.append(short if len(short) == 1 else [])  # letters of the pen's colour are more
        so_far |= mask
        masks.append(mask)
        built.append(_built(so_far.shape, (p for p in step if p not in ink and p not in rest)))
    if not so_far.any():
        return None
    for mask, after, short in zip(masks, masks[1:], begun, strict=False):
        _add_touching(mask, short, fringe(after))
    # What was built where there was ink already was never seen without it.
    since = np.zeros_like(so_far)
    for mask, came in zip(reversed(masks), reversed(built), strict=True):
        mask &= ~since
        since |= came
    return masks


def _scribbles(step: Sequence[Piece], lines: Sequence[Piece], widest: float) -> list[Piece]:
    """What a pen filled by going to and fro in the step in which it drew most of the lines."""
    if not lines:
        return []
    pen = max(lines, key=lambda line: line.area).colour
    rest = (piece for piece in step if piece not in lines and piece.long and piece.thick <= widest)
    return [piece for piece in rest if piece.is_jagged and piece.is_of(pen)]


def _add_touching(mask: Mask, pieces: Iterable[Piece], near: Mask) -> None:
    for piece in pieces:
        if (near[piece.part] & piece.own).any():
            mask[piece.part] |= piece.own


def _built(shape: tuple[int, ...], pieces: Iterable[Piece]) -> Mask:
    """Lines of text and figures that came, with what is between letters; nothing as small as a pointer."""
    mask = np.zeros(shape, np.uint8)
    for piece in pieces:
        mask[piece.part] |= piece.own
    gap = round(_GAP * shape[1])
    _, labels, stats = patches(cv2.dilate(mask, np.ones((gap, gap), np.uint8)))
    wide = stats[:, cv2.CC_STAT_WIDTH] - gap >= SHORTEST * shape[1]
    wide[0] = False
    found: Mask = wide[labels]
    return found


def largest(mask: Mask) -> Mask:
    """Of a mask, the pixels that hang together and are most."""
    _, labels, stats = patches(mask)
    found: Mask = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return found


def was_drawn(before: Picture, after: Picture, line: Mask, between: Iterable[Picture]) -> bool:
    """Whether a line is seen half drawn in one of the pictures between the two."""
    places = np.flatnonzero(line)

    def along(picture: Picture) -> NDArray[np.int16]:
        return picture.reshape(-1, picture.shape[2])[places].astype(np.int16)

    first, last = along(before), along(after)
    for now in map(along, between):
        gone, left = np.abs(now - first).max(1), np.abs(now - last).max(1)
        there = float((left < CAME // 2).mean())
        fading = float(((left >= CAME // 2) & (gone >= CAME // 2)).mean())
        if _UNDER_WAY[0] < there < _UNDER_WAY[1] and fading < _FADING:
            return True
    return False


def fringe(mask: Mask) -> Mask:
    """A mask with the pixels around into which coding carries the colour of a line."""
    found: Mask = cv2.dilate(mask.view(np.uint8), _FRINGE).view(bool)
    return found
