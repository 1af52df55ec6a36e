"""Whether what changed keeps to a line of text: a character that gave way to another, a word to a longer one.

A pointer or ink that looks like it comes to any height: only by chance it ends where the line's letters do.
"""

from __future__ import annotations

import numpy as np

from app.lectures.slides.compare.strokes import darkened_and_brightened
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Look, Mask

# Pixels of a thumb on either side in which the rest of the line is looked for: as far as a table's next cell.
_BESIDE = 120
# Rows by which letters may reach beyond those beside them, as round ones do. A line is no higher than so many
# times what changed in it: else it is several, or a figure.
_BEYOND, _HIGHEST = 1, 2.0
# Pixels in which the shorter of two words left strokes or lost them, and share of the longer one's.
_FEWEST, _SHARE = 8, 0.03
# Luma within which ground is bare; pixels by which a character may reach beyond what changed of it.
_BARE, _UNCHANGED = 24, 3


def keeps_to_line(a: Look, b: Look, place: tuple[slice, slice], changed: Mask) -> bool:
    """Whether there is text, the same in both looks, on the rows of what changed and on few others.

    `changed`: of the pixels of a place (rows, columns) of the picture, which belong together.
    """
    rows, columns = place
    in_rows = np.flatnonzero(changed.any(axis=1)) + rows.start
    top, bottom = int(in_rows[0]), int(in_rows[-1])
    beside = slice(max(0, columns.start - _BESIDE), columns.stop + _BESIDE)
    stays: Mask = a.edges & b.edges
    stays[place] &= ~changed
    free = np.flatnonzero(~stays[:, beside].any(axis=1))
    middle = (top + bottom) // 2
    above, below = free[free < middle], free[free > middle]
    if middle in free:
        return False
    first = int(above[-1]) + 1 if above.size else 0
    last = int(below[0]) - 1 if below.size else len(stays) - 1
    if last - first + 1 > _HIGHEST * (bottom - top + 1):
        return False
    return first - _BEYOND <= top and bottom <= last + _BEYOND


def stands_alone(a: Look, b: Look, place: tuple[slice, slice], changed: Mask) -> bool:
    """Whether on either side of what changed there is bare ground, as before and after a number or a word.

    What seems to replace some of a word's letters may be a pointer on them.
    """
    rows, columns = place
    in_rows, in_columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    line = slice(rows.start + int(in_rows[0]), rows.start + int(in_rows[-1]) + 1)
    left, right = columns.start + int(in_columns[0]), columns.start + int(in_columns[-1]) + 1
    return all(
        bool((np.ptp(look.gray[line, max(0, beside) : beside + _UNCHANGED], axis=0) < _BARE).any())
        for look in (a, b)
        for beside in (left - _UNCHANGED, right)
    )


def gave_way(a: Gray, b: Gray, changed: Mask) -> bool:
    """Whether in a patch of changes a word gave way to one at least twice as long, or to one as short.

    Both begin at one place, or end there: at that end are the traces of the shorter one, and the other half
    is bare where it stands. A word that was only added finds none to replace, and ink lies over letters.
    """
    fewer, more = sorted(darkened_and_brightened(a, b, changed), key=np.count_nonzero)
    count = int(np.count_nonzero(fewer))
    if count < _FEWEST or count <= _SHARE * int(np.count_nonzero(more)):
        return False
    in_rows, in_columns, traces = (
        np.flatnonzero(one) for one in (changed.any(axis=1), changed.any(axis=0), fewer.any(axis=0))
    )
    rows = slice(int(in_rows[0]), int(in_rows[-1]) + 1)
    left, right = int(in_columns[0]), int(in_columns[-1]) + 1
    middle = (left + right) // 2
    if traces[-1] < middle:
        rest = slice(middle, right)
    elif traces[0] >= middle:
        rest = slice(left, middle)
    else:
        return False
    return any(int(np.ptp(gray[rows, rest])) < _BARE for gray in (a, b))
