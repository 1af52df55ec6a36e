"""What was written on a slide by hand while it was shown, told from what the slide itself grew by.

A pen leaves lines of one colour and one width, longer than a letter and no straight rules, that come alone;
what is built comes with letters, or as shapes. And a pen draws a line from one end to the other, while what
is built is there at once, or fades in everywhere. Pictures are (rows, columns, BGR) of one shape.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.patches import patches

Picture = NDArray[np.uint8]
Colour = NDArray[np.float64]

# Levels by which a stroke differs from what it was drawn on, in the channel in which it does most.
_CAME = 45
# Shares of the picture's width: a line's width at most, and its length at least, which no letter has; the
# width of what a pen filled by going to and fro.
_WIDEST, _SHORTEST, _WIDEST_FILLED = 0.0085, 0.03, 0.024
# And between the words of a line of text, about.
_GAP = 0.012
# Levels by which the middle of a line varies at most (median), and two lines of one pen.
_ONE_COLOUR, _ONE_PEN = 28, 40
# Times its width that a line reaches to the side: rules, axes and arrows do not, but for an arrow's head.
_BENT = 1.6
# Share of its length along which both sides of an arrow, of its shaft, are straight, and pixels by which they
# may be off: no hand keeps to a line.
_SHAFT, _STRAIGHT = 0.7, 1.2
# Share of what came in a step that is strokes, for the strokes in it to be ink.
_ALONE = 0.7
# Pixels of which no stroke is made; those around one into which coding carries its colour.
_SPECK = 12
_RIM = 1.5  # pixels of depth at which nothing of the ground shines through
_FRINGE = np.ones((9, 9), np.uint8)
# Share of a line that is there in mid-stroke, and share that may be on its way, as all is in a fade.
_UNDER_WAY, _FADING = (0.12, 0.88), 0.25


@dataclass(frozen=True, eq=False)
class _Piece:
    """Pixels that hang together and came in one step."""

    part: tuple[slice, slice]
    own: Mask
    depth: NDArray[np.float32]  # of each pixel from the piece's rim
    after: Picture
    area: int
    long: bool

    @cached_property
    def thick(self) -> float:
        return 2 * float(np.percentile(self.depth[self.own], 90))

    @cached_property
    def _core(self) -> Picture:
        inner = self.own & (self.depth > _RIM)
        return self.after[inner if np.count_nonzero(inner) > _SPECK // 2 else self.own]

    @cached_property
    def colour(self) -> Colour:
        return np.asarray(np.median(self._core, axis=0), np.float64)

    @cached_property
    def _is_of_one_colour(self) -> bool:
        return float(np.median(np.abs(self._core - self.colour).max(1))) <= _ONE_COLOUR

    def is_line(self, widest: float) -> bool:
        if not self.long or self.thick > widest or not self._is_of_one_colour:
            return False
        side = min(cv2.minAreaRect(np.argwhere(self.own).astype(np.float32))[1])
        return side >= _BENT * max(2.0, self.thick) and not self._is_arrow

    @property
    def _is_arrow(self) -> bool:
        places = np.argwhere(self.own).astype(np.float64)
        places -= places.mean(0)
        _, axes = np.linalg.eigh(places.T @ places)
        across, along = (places @ axes).T
        at = np.floor(along - along.min()).astype(np.int64)
        edges = np.full((2, at.max() + 1), np.inf)
        for edge, far in zip(edges, (across, -across), strict=True):
            np.minimum.at(edge, at, far)
        lines = np.median(edges, axis=1, keepdims=True)
        wide = -float(lines.sum())
        straight = (np.abs(edges - lines) <= _STRAIGHT).mean(1) >= _SHAFT
        return wide < _BENT * max(2.0, self.thick) and bool(straight.all())

    def is_of(self, pen: Colour) -> bool:
        return float(np.abs(self.colour - pen).max()) < _ONE_PEN and self._is_of_one_colour


def written(pictures: Sequence[Picture]) -> list[Mask] | None:
    """For each step from one picture to the next what was written in it; None: nothing in any.

    In the colour of a line that came alone, what a pen filled is believed too, and lines that came with
    something else.
    """
    steps = [_pieces(before, after) for before, after in itertools.pairwise(pictures)]
    columns = pictures[0].shape[1]
    lines = [[piece for piece in step if piece.is_line(_WIDEST * columns)] for step in steps]
    alone = [
        piece
        for step, found in zip(steps, lines, strict=True)
        if _area(found) > _ALONE * _area(step)
        for piece in found
    ]
    if not alone:
        return None
    pen = max(alone, key=lambda piece: sum(other.area for other in alone if other.is_of(piece.colour))).colour
    masks: list[Mask] = []
    built: list[Mask] = []
    begun: list[list[_Piece]] = []
    so_far = np.zeros(pictures[0].shape[:2], bool)
    for step, found in zip(steps, lines, strict=True):
        ink = [piece for piece in found if piece.is_of(pen)]
        rest = [piece for piece in step if piece not in ink and piece.is_of(pen)]
        filled = [p for p in rest if p.long and p.thick <= _WIDEST_FILLED * columns]
        if _area(ink) + _area(filled) > _ALONE * _area(step):
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


def _add_touching(mask: Mask, pieces: Iterable[_Piece], near: Mask) -> None:
    for piece in pieces:
        if (near[piece.part] & piece.own).any():
            mask[piece.part] |= piece.own


def _built(shape: tuple[int, ...], pieces: Iterable[_Piece]) -> Mask:
    """Lines of text and figures that came, with what is between letters; nothing as small as a pointer."""
    mask = np.zeros(shape, np.uint8)
    for piece in pieces:
        mask[piece.part] |= piece.own
    gap = round(_GAP * shape[1])
    _, labels, stats = patches(cv2.dilate(mask, np.ones((gap, gap), np.uint8)))
    wide = stats[:, cv2.CC_STAT_WIDTH] - gap >= _SHORTEST * shape[1]
    wide[0] = False
    found: Mask = wide[labels]
    return found


def _area(pieces: Iterable[_Piece]) -> int:
    return sum(piece.area for piece in pieces)


def _pieces(before: Picture, after: Picture) -> list[_Piece]:
    blue, green, red = cv2.split(cv2.absdiff(before, after))
    _, came = cv2.threshold(cv2.max(cv2.max(blue, green), red), _CAME, 1, cv2.THRESH_BINARY)
    left, top, width, height = cv2.boundingRect(came)
    if not width:
        return []
    # With a rim, from which depths are reckoned.
    rows = slice(max(0, top - 1), top + height + 1)
    columns = slice(max(0, left - 1), left + width + 1)
    changed = np.ascontiguousarray(came[rows, columns])
    count, labels, stats = patches(changed)
    depth = cv2.distanceTransform(changed, cv2.DIST_L2, 3)
    shortest = _SHORTEST * came.shape[1]
    found = []
    for label in range(1, count):
        x, y, wide, high, area = stats[label].tolist()
        if area < _SPECK:
            continue
        inside = (slice(y, y + high), slice(x, x + wide))
        part = (
            slice(rows.start + y, rows.start + y + high),
            slice(columns.start + x, columns.start + x + wide),
        )
        found.append(
            _Piece(
                part=part,
                own=labels[inside] == label,
                depth=np.array(depth[inside], np.float32),  # a copy: the rest of it may go
                after=after[part],
                area=area,
                long=max(wide, high) >= shortest,
            )
        )
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
        there = float((left < _CAME // 2).mean())
        fading = float(((left >= _CAME // 2) & (gone >= _CAME // 2)).mean())
        if _UNDER_WAY[0] < there < _UNDER_WAY[1] and fading < _FADING:
            return True
    return False


def fringe(mask: Mask) -> Mask:
    """A mask with the pixels around into which coding carries the colour of a line."""
    found: Mask = cv2.dilate(mask.view(np.uint8), _FRINGE).view(bool)
    return found
