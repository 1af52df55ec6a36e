"""Put the lines of a slide into reading order: recursive XY-cut (Nagy and Seth, 1984).

OCR engines join words that stand at one height into one line, even across the gutter between two columns,
and read a footer with the left column. Lines are therefore parted at wide gaps, the parts are cut
apart along white stripes again and again, and what no column cut parted becomes one line again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from app.lectures.model import TextWord

Line = list[TextWord]

# All in heights of the text. A space between words is about 0.3, line spacing leaves 0.5 to 2.
_WIDE_GAP = 2.0
_GUTTER = 1.0
_APART = 2.5  # title, body and footer, if the gap is also an outlier among the gaps beside it
_OUTLIER = 1.8
_ROWS = 2  # a column has at least so many lines …
_WORDS = 2.0  # … with so many words on average; else it is a table and read by rows


@dataclass(frozen=True)
class _Part:
    line: int  # which of the given lines it comes from
    words: Line

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return (
            min(word.x for word in self.words),
            min(word.y for word in self.words),
            max(word.x + word.width for word in self.words),
            max(word.y + word.height for word in self.words),
        )


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """The same words, lines from top to bottom and column after column. No line may be empty."""
    parts = [_Part(number, words) for number, line in enumerate(lines) for words in _parted(line)]
    if not parts:
        return []
    height = median(word.height for part in parts for word in part.words)
    ordered: list[Line] = []
    origin = -1
    for part in _ordered(parts, height):
        if part.line == origin:
            ordered[-1] = ordered[-1] + part.words
        else:
            ordered.append(part.words)
        origin = part.line
    return ordered


def _parted(line: Line) -> list[Line]:
    height = median(word.height for word in line)
    parts = [[line[0]]]
    for before, word in pairwise(line):
        if word.x - (before.x + before.width) > _WIDE_GAP * height:
            parts.append([])
        parts[-1].append(word)
    return parts


def _ordered(parts: list[_Part], height: float) -> list[_Part]:
    if len(parts) < 2:
        return parts
    rows = _stripes(parts, lambda part: (part.box[1], part.box[3]))
    row = max(rows, default=None)
    if row and row[0] > max(_APART * height, _OUTLIER * median(width for width, _ in rows)):
        return _cut(parts, row[1], 1, height)
    for width, x in sorted(_stripes(parts, lambda part: (part.box[0], part.box[2])), reverse=True):
        if width >= _GUTTER * height and _parts_columns(parts, x):
            return _cut(parts, x, 0, height)
    if row:
        return _cut(parts, row[1], 1, height)
    return sorted(parts, key=lambda part: (part.line, part.box[0]))


def _cut(parts: list[_Part], at: float, axis: int, height: float) -> list[_Part]:
    before = [part for part in parts if part.box[axis] < at]
    after = [part for part in parts if part.box[axis] >= at]
    return _ordered(before, height) + _ordered(after, height)


def _stripes(parts: list[_Part], extent: Callable[[_Part], tuple[int, int]]) -> list[tuple[int, float]]:
    """White stripes right across all parts: (width, middle)."""
    stripes = []
    extents = sorted(map(extent, parts))
    covered = extents[0][1]
    for begin, end in extents[1:]:
        if begin > covered:
            stripes.append((begin - covered, (begin + covered) / 2))
        covered = max(covered, end)
    return stripes


def _parts_columns(parts: list[_Part], x: float) -> bool:
    """Whether both sides of `x` are columns of text that stand beside each other."""
    left = [part for part in parts if part.box[0] < x]
    right = [part for part in parts if part.box[0] >= x]
    top = max(min(part.box[1] for part in side) for side in (left, right))
    bottom = min(max(part.box[3] for part in side) for side in (left, right))
    return bottom > top and all(
        len(side) >= _ROWS and sum(len(part.words) for part in side) / len(side) >= _WORDS
        for side in (left, right)
    )
