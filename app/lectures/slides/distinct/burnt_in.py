"""Subtitles that are burnt into the picture: a text at the foot that gives way to another every few seconds.

A slide under them looks like a slide whose last line was replaced. What tells subtitles from such a line is
that they do it again and again: whatever their length, all are centred on one axis, in the same rows, and
nothing else changes with them. Once a recording is known to have them, their rows tell slides apart no more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np

from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.relation import Relation
from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.distinct.drawn import Drawn, related
from app.lectures.slides.looks.look import Look, Mask

# Times that a text gave way to another before they are believed to be subtitles.
_FEWEST_CHANGES = 3
# Shares of the height: they lie below the first, and two lines of them are no higher than the other.
_FOOT, _TWO_LINES = 0.7, 0.18
# Shares of its width: of the shortest text (a number is none), by which the middles of two may differ, and
# the lengths of the longest and the shortest have to.
_SHORTEST, _OFF_AXIS, _LENGTHS = 0.1, 0.012, 0.05
_NEXT_TO = np.ones((3, 3), np.uint8)
_RIM = 4

_Box = tuple[int, int, int, int]  # left, top, right, bottom


def leave_out_subtitles(book: SlideBook, noise: Noise) -> None:
    """Make one of slides that differ by subtitles only, if the recording has any."""
    if len(book.slides) <= 1:
        return
    shape = book.slides[0].looks[-1].unpacked().gray.shape
    rows = _rows_of_subtitles(list(_replaced_texts(book, noise)), shape)
    if rows is None:
        return
    shown: list[KnownSlide] = []
    for slide in book.slides:
        own = _above(slide, rows)
        for i in reversed(range(len(shown))):
            if shown[i].looks_far_from(slide.coarse):
                continue
            relation = related(_above(shown[i], rows), own, noise, book.furniture())
            if relation in (Relation.SAME, Relation.BUILD, Relation.UNBUILD):
                fuller = relation is Relation.BUILD or (
                    relation is Relation.SAME and _written(slide, rows) < _written(shown[i], rows)
                )
                if fuller:
                    slide.add_times_of(shown[i])
                    shown[i] = slide
                else:
                    shown[i].add_times_of(slide)
                break
        else:
            shown.append(slide)
    book.slides[:] = shown


def _above(slide: KnownSlide, rows: slice) -> Drawn:
    """What tells a slide apart but for these rows. Unpacked only now: hours of slides must fit in memory."""
    bare = None if slide.bare is None else _without(slide.bare.unpacked(), rows)
    return Drawn([_without(look.unpacked(), rows) for look in slide.looks], bare)


def _replaced_texts(book: SlideBook, noise: Noise) -> Iterator[tuple[_Box, _Box]]:
    """Texts at the foot that gave way to others from one slide to the next, while all above stayed."""
    in_turn = sorted(
        ((one.start_s, one.end_s, slide) for slide in book.slides for one in slide.intervals),
        key=lambda stretch: stretch[0],
    )
    before: Look | None = None
    last_s = 0.0
    for start_s, end_s, slide in in_turn:
        look = slide.looks[-1].unpacked()
        if before is not None and start_s == last_s:
            changed = differs(before.gray, look.gray, noise) & ~before.moving & ~look.moving
            foot = round(_FOOT * changed.shape[0])
            above = int(np.count_nonzero(changed[:foot]))
            if above < FEWEST <= int(np.count_nonzero(changed[foot:])):
                changed[:foot] = False
                texts = _text(before, changed), _text(look, changed)
                if all(_is_line(text, changed.shape) for text in texts):
                    yield texts
        before, last_s = look, end_s


def _text(look: Look, changed: Mask) -> _Box:
    near = cv2.dilate(changed.view(np.uint8), _NEXT_TO)
    left, top, width, height = cv2.boundingRect(near & look.edges.view(np.uint8))
    return left, top, left + width, top + height


def _is_line(text: _Box, shape: tuple[int, ...]) -> bool:
    left, top, right, bottom = text
    return right - left >= _SHORTEST * shape[1] and bottom - top <= _TWO_LINES * shape[0]


def _rows_of_subtitles(changes: list[tuple[_Box, _Box]], shape: tuple[int, ...]) -> slice | None:
    """The rows in which subtitles are; None: the texts that were replaced are none."""
    on_axis: list[tuple[_Box, _Box]] = []
    for axis in {left + right for pair in changes for left, _, right, _ in pair}:
        near = [
            pair for pair in changes if all(abs(t[0] + t[2] - axis) <= 2 * _OFF_AXIS * shape[1] for t in pair)
        ]
        on_axis = max(on_axis, near, key=len)
    texts = [text for pair in on_axis for text in pair]
    lengths = [right - left for left, _, right, _ in texts]
    if len(on_axis) < _FEWEST_CHANGES or max(lengths) - min(lengths) < _LENGTHS * shape[1]:
        return None
    top, bottom = min(text[1] for text in texts), max(text[3] for text in texts)
    return slice(max(0, top - _RIM), bottom + _RIM) if bottom - top <= _TWO_LINES * shape[0] else None


def _without(look: Look, rows: slice) -> Look:
    moving = look.moving.copy()
    moving[rows] = True
    return dataclasses.replace(look, moving=moving)


def _written(slide: KnownSlide, rows: slice) -> int:
    return int(np.count_nonzero(slide.looks[-1].unpacked().edges[rows]))
