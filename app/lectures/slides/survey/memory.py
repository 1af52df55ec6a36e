"""What moved during the last seconds: a speaker's box goes on counting as moving while he sits still.

Text that writes itself and pictures that slide in move too, but once: what moved for a short while only and
was then watched standing still has arrived, and belongs to the slide. So does what stands still for longer
than anybody can.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.survey.motion import (
    SMALLEST_BOX,
    box_slices,
    boxes,
    fills_picture,
    in_steps,
    wandered,
)

# A speaker may sit still for some seconds: what moved lately still counts as moving.
MEMORY_S = 12.0
_JOIN = np.ones((17, 17), np.uint8)
# As SMALLEST_BOX where something moved more than once: a laser spot stays below, a talking mouth is above.
_SMALLEST_REPEATED = 900
# An entrance takes no longer; after it the slide was watched standing still for so long at least.
_LONGEST_ENTRANCE_S, _ARRIVED_S = 3.0, 1.2
# Of the pairs of samples: what changes as often is motion; a build, ink or a passing pointer is not.
_OFTEN = 0.12
# Fewer samples do not tell what moves; a stretch of twice as many seconds tells it as two moments do.
_FEWEST_SAMPLES, _LONG_S = 6, 3.0
# Nobody filmed is watched for so long without moving.
_FROZEN_S = 4.0
# Pixels of a thumb: fewer are a pointer that passes where something moved.
_FEWEST = 40
# A presenter stays longer than what passes between two slides.
_PRESENT_S = 2.0
# Luma by which a plain page varies in its coding.
_EMPTY_SPREAD = 2.0


def _is_empty(part: Gray) -> bool:
    _, spread = cv2.meanStdDev(part)
    return float(spread.item()) < _EMPTY_SPREAD


def _runs(times: Sequence[float], lively: Sequence[bool]) -> Iterator[tuple[int, int, bool]]:
    """(first thumb, end, whether a presenter is there); one who is there for a moment is a passage."""
    found: list[tuple[int, int, bool]] = []
    first = 1
    for alive, run in itertools.groupby(lively):
        end = first + len(list(run))
        there = alive and times[end - 1] - times[first] >= _PRESENT_S
        if found and found[-1][2] == there:
            first = found.pop()[0]
        found.append((first, end, there))
        first = end
    yield from found


@dataclass(frozen=True)
class Stir:
    """Motion within a box, from its first to its last moment (seconds)."""

    rows: slice
    columns: slice
    first_s: float
    last_s: float

    def meets(self, rows: slice, columns: slice) -> bool:
        """Whether the box overlaps another."""
        apart: bool = (
            self.rows.start >= rows.stop
            or rows.start >= self.rows.stop
            or self.columns.start >= columns.stop
            or columns.start >= self.columns.stop
        )
        return not apart


def stirs_in(times: Sequence[float], steps: Sequence[Mask], moved: Mask) -> list[Stir]:
    """When each box of the moving pixels moved: `steps[i]` changed between `times[i]` and the next."""
    found = []
    for rows, columns in box_slices(moved):
        here = moved[rows, columns]
        stirred = [
            i for i, step in enumerate(steps) if np.count_nonzero(step[rows, columns] & here) >= _FEWEST
        ]
        if stirred:
            found.append(Stir(rows, columns, times[stirred[0]], times[stirred[-1] + 1]))
    return found


@dataclass(frozen=True, eq=False)
class _Watched:
    start_s: float
    end_s: float
    moved: Mask
    stirs: tuple[Stir, ...]


class MotionMemory:
    """What moved during the last seconds, in time order."""

    def __init__(self) -> None:
        self._seen: deque[_Watched] = deque()

    def watch_runs(
        self,
        times: Sequence[float],
        thumbs: Sequence[Gray],
        steps: Sequence[Mask],
        lively: Sequence[bool],
    ) -> Iterator[tuple[range, Mask]]:
        """Watch sampled thumbs in which a presenter may come and go; all but the first, run by run.

        `lively[i]`: the thumb after the ith shows a presenter. What moves in his picture says nothing of a
        slide before or after it. Each run comes with what moves in it, or moved shortly before.
        """
        for first, end, alive in _runs(times, lively):
            if alive:
                self.forget()
                # Watched, and nothing of it: once is not enough to be believed of what comes after.
                self.add(times[first], times[end - 1], np.zeros(thumbs[0].shape, bool))
            else:
                self.forget_gone(thumbs[first - 1 : end])
                self.watch(times[first - 1 : end], thumbs[first - 1 : end], steps[first - 1 : end - 1])
            yield range(first, end), self.mask(thumbs[0].shape)

    def watch(self, times: Sequence[float], thumbs: Sequence[Gray], steps: Sequence[Mask]) -> None:
        """Take in what moved in sampled thumbs; `steps[i]` is what changed between the ith and the next.

        Somebody who moves does so in both halves of a long stretch; a dissolve or a build is in one.
        """
        half = len(times) // 2
        if times[half] - times[0] > _LONG_S:
            self._watch(times[: half + 1], thumbs[: half + 1], steps[:half])
            self._watch(times[half:], thumbs[half:], steps[half:])
        else:
            self._watch(times, thumbs, steps)

    def _watch(self, times: Sequence[float], thumbs: Sequence[Gray], steps: Sequence[Mask]) -> None:
        if len(thumbs) <= _FEWEST_SAMPLES:
            return
        lively = in_steps(steps, max(3, round(_OFTEN * len(thumbs)))) & wandered(thumbs)
        if not fills_picture(lively, thumbs[-1]):
            self.add(times[0], times[-1], lively, stirs_in(times, steps, lively))

    def add(self, start_s: float, end_s: float, moved: Mask, stirs: Iterable[Stir] | None = None) -> None:
        """Take in what moved between two times. `stirs`: when it did, where that is known better."""
        if stirs is None:
            stirs = [Stir(rows, columns, start_s, end_s) for rows, columns in box_slices(moved)]
        dilated = cv2.dilate(moved.astype(np.uint8), _JOIN).astype(bool)
        self._seen.append(_Watched(start_s, end_s, dilated, tuple(stirs)))
        while self._seen and self._seen[0].end_s < end_s - MEMORY_S:
            self._seen.popleft()

    def forget(self) -> None:
        self._seen.clear()

    def forget_gone(self, thumbs: Sequence[Gray]) -> None:
        """Forget what moved where one of the thumbs is empty: nobody is there any more, nor is a film."""
        if not self._seen:
            return
        everything = np.zeros(thumbs[0].shape, np.uint8)
        for watched in self._seen:
            everything |= watched.moved.view(np.uint8)
        for rows, columns in box_slices(everything.view(bool)):
            if any(_is_empty(thumb[rows, columns]) for thumb in thumbs):
                for watched in self._seen:
                    watched.moved[rows, columns] = False

    @property
    def last_s(self) -> float:
        return self._seen[-1].end_s if self._seen else -math.inf

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Everything remembered, as boxes, but for what has arrived."""
        votes = np.zeros(shape, np.uint8)
        for watched in self._seen:
            votes += watched.moved
        # A pointer on its way is seen once at a place; a speaker, even one who hardly moves, again.
        repeated = len(self._seen) > 1
        moving = boxes(votes > 1, _SMALLEST_REPEATED) if repeated else boxes(votes > 0, SMALLEST_BOX)
        if moving.any():
            for rows, columns in box_slices(moving):
                if self._has_arrived(rows, columns):
                    moving[rows, columns] = False
        return moving

    def _has_arrived(self, rows: slice, columns: slice) -> bool:
        stirs = [stir for watched in self._seen for stir in watched.stirs if stir.meets(rows, columns)]
        if not stirs:
            return False
        last_s = max(stir.last_s for stir in stirs)
        brief = last_s - min(stir.first_s for stir in stirs) <= _LONGEST_ENTRANCE_S
        still_s = sum(max(0.0, watched.end_s - max(watched.start_s, last_s)) for watched in self._seen)
        return still_s >= (_ARRIVED_S if brief else _FROZEN_S)
