"""Who shows neither screen nor camera: a meeting has his portrait or initial, a square on even dark ground.

Slides are no squares: one as high as the picture, with nothing beside it, is none.
"""

from __future__ import annotations

import numpy as np

from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import State

# Luma of the ground: dark, but not the black of bars beside a page; pixels from it that are no ground.
_DARKEST, _BRIGHTEST, _GROUND = 20, 40, 10
# Shares of the width where the ground is, at either side; a rim beyond it is none of it.
_SIDES = (0.03, 0.08), (0.92, 0.97)
# Share of the square's columns that is no ground; share of the height beside which there is nothing (below it
# stands a name), and pixels there that may be.
_FILLED, _BESIDE, _SPECKS = 0.5, 0.85, 12
# Share of the height by which a square may be none, or lie off the middle.
_OFF = 0.03


def leave_out_portraits(book: SlideBook) -> None:
    """Turn what is no slide but a portrait into other stretches, unless all there is are such squares."""
    portraits = [slide for slide in book.slides if shows_portrait(slide.looks[-1].unpacked())]
    if len(portraits) == len(book.slides):
        return
    for slide in portraits:
        book.slides.remove(slide)
        book.other += [State("presenter", one.start_s, one.end_s) for one in slide.intervals]
    book.other.sort(key=lambda state: state.start_s)


def shows_portrait(look: Look) -> bool:
    """Whether all that is in view is a square in the middle, as high as the picture, on even dark ground."""
    gray = look.gray
    rows, columns = gray.shape
    left, right = (gray[:, slice(*(round(share * columns) for share in part))] for part in _SIDES)
    ground = int(np.median(left))
    if not _DARKEST <= ground <= _BRIGHTEST or ground != int(np.median(right)):
        return False
    shown = np.abs(gray.astype(np.int16) - ground) > _GROUND
    most, rim = _OFF * rows, round(_SIDES[0][0] * columns)
    (square,) = np.nonzero(shown[:, rim : columns - rim].mean(axis=0) > _FILLED)
    if not len(square):
        return False
    start, end = rim + int(square[0]), rim + int(square[-1]) + 1
    beside = shown[rim : round(_BESIDE * rows)]
    return bool(
        abs(end - start - rows) <= most
        and abs(start + end - columns) <= 2 * most
        and np.count_nonzero(beside[:, rim:start]) + np.count_nonzero(beside[:, end : columns - rim])
        <= _SPECKS
    )
