"""Where two looks differ, patch by patch."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.compare.lines import gave_way, keeps_to_line, stands_alone
from app.lectures.slides.compare.strokes import SMEAR, WIDEST_STROKE, rewritten, touched_up
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.patches import patches

# A mouse pointer at any usual size, in pixels of a thumb.
POINTER_WIDTH, POINTER_HEIGHT = 15, 19
# Room around patches to keep their size when smeared, and for the ground of text.
_MARGIN = WIDEST_STROKE
# Pixels in which it takes as long to look for text as it takes to begin.
_OVERHEAD = 20_000


class Places:
    """The patches of changed pixels: how large each is, and whether text gave way to text in it."""

    def __init__(self, a: Look, b: Look, changed: Mask) -> None:
        left, top, width, height = cv2.boundingRect(changed.view(np.uint8))
        rows = slice(max(0, top - _MARGIN), min(changed.shape[0], top + height + _MARGIN))
        columns = slice(max(0, left - _MARGIN), min(changed.shape[1], left + width + _MARGIN))
        self._rows, self._columns = rows, columns
        self._looks = a, b
        self._a, self._b, self._part = a.gray[rows, columns], b.gray[rows, columns], changed[rows, columns]
        joined = cv2.dilate(self._part.astype(np.uint8), SMEAR)
        _, self._labels, stats = patches(joined)
        corners = stats[1:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]]
        sizes = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
        self._boxes = np.hstack((corners, corners + sizes))  # left, top, right, bottom
        wide = stats[1:, cv2.CC_STAT_WIDTH] - SMEAR.shape[1]
        high = stats[1:, cv2.CC_STAT_HEIGHT] - SMEAR.shape[0]
        self.small: Mask = (wide < POINTER_WIDTH) & (high < POINTER_HEIGHT)
        self.low: Mask = high < POINTER_HEIGHT  # as a line of text
        # Where a pointer was and where it is now may meet in one patch.
        self.nudge: Mask = (wide < 2 * POINTER_WIDTH) & (high < 2 * POINTER_HEIGHT)

    def patch(self, i: int) -> tuple[tuple[slice, slice], Mask]:
        """(rows, columns) of a patch in the whole picture, and which pixels in it changed."""
        left, top, right, bottom = self._boxes[i].tolist()
        own = (slice(top, bottom), slice(left, right))
        place = (
            slice(self._rows.start + top, self._rows.start + bottom),
            slice(self._columns.start + left, self._columns.start + right),
        )
        changed: Mask = self._part[own] & (self._labels[own] == i + 1)
        return place, changed

    def without(self, which: Mask, changed: Mask) -> Mask:
        """The changed pixels but for some of the patches."""
        rest = changed.copy()
        rest[self._rows, self._columns] &= ~np.concatenate(([False], which))[self._labels]
        return rest

    def rewritten(self) -> Mask:
        """For each patch: did text give way to text? (The dear question.)"""
        return self._each(rewritten)

    def touched_up(self) -> Mask:
        """The same for as little as a character, on less evidence."""
        return self._each(touched_up)

    def in_line(self, which: Mask, *, alone: bool = False) -> Mask:
        """Those of the patches that keep to the rows of a line of text. `alone`: as a word of its own."""
        found = np.zeros_like(which)
        for i in np.flatnonzero(which).tolist():
            seen = *self._looks, *self.patch(i)
            found[i] = keeps_to_line(*seen) and (not alone or stands_alone(*seen))
        return found

    def gave_way(self) -> Mask:
        """For each patch as low as a line: did a word in it give way to a much longer or shorter one?"""
        found = self.in_line(self.low & ~self.small)
        for i in np.flatnonzero(found).tolist():
            (rows, columns), changed = self.patch(i)
            part = tuple(slice(max(0, one.start - _MARGIN), one.stop + _MARGIN) for one in (rows, columns))
            a, b = (look.gray[part] for look in self._looks)
            own = np.zeros(a.shape, bool)
            top, left = rows.start - part[0].start, columns.start - part[1].start
            own[top : top + changed.shape[0], left : left + changed.shape[1]] = changed
            found[i] = gave_way(a, b, own)
        return found

    def _each(self, question: Callable[[Gray, Gray, Mask, NDArray[np.int32], int], Mask]) -> Mask:
        count, labels = len(self._boxes), self._labels
        around = self._boxes + np.array((-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))
        apart = int((np.prod(around[:, 2:] - around[:, :2], axis=1) + _OVERHEAD).sum())
        if apart > labels.size:
            return question(self._a, self._b, self._part, labels, count + 1)[1:]
        # A pointer that went far leaves two patches in a large part that is otherwise of no interest.
        found = np.zeros(count, bool)
        for i, (left, top, right, bottom) in enumerate(np.maximum(around, 0).tolist()):
            part = (slice(top, bottom), slice(left, right))
            own = (labels[part] == i + 1).astype(np.int32)
            found[i] = question(self._a[part], self._b[part], self._part[part] & (own > 0), own, 2)[1]
        return found
