"""Which lines of a slide are its title: by the place that titles have in the whole deck, else by their size.

Size alone misleads: recognised arrows, braces and formulas have larger boxes than any title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from app.lectures.model import SlideText, TextLine
from app.lectures.slide_text import clean_line, content_lines, top, type_size

_LARGER = 1.15  # a title's letters against the slide's median line
_SAME_SIZE = 0.2
_SAME_PLACE = 0.5  # of the title's size, up or down
_WRAPS_WITHIN = 0.9  # of the title's size, from foot to head of the next line
_FEWEST_ALIKE = 3
_LONGEST_TITLE_WORDS = 14
_LONGEST_PLAIN_TITLE_WORDS = 8
_BULLETED = re.compile(r"\s*(?:[•·▪◦*>-]|\d{1,2}[.)]?\s)")


@dataclass(frozen=True)
class Heading:
    text: str
    size: float  # of its type, pixels


@dataclass(frozen=True)
class _Place:
    """Where most slides of a deck have their title."""

    y: float
    size: float

    def holds(self, line: TextLine) -> bool:
        near = abs(top(line) - self.y) <= _SAME_PLACE * self.size
        return near and abs(type_size(line) - self.size) <= 1.5 * _SAME_SIZE * self.size


def find_headings(texts: Sequence[SlideText]) -> Mapping[int, Heading | None]:
    """The title of each slide by its number; None where none can be told from the other lines."""
    by_number = content_lines(texts)
    place = _usual_place(list(by_number.values()))
    return {number: _heading(lines, place) for number, lines in by_number.items()}


def _usual_place(slides: Sequence[Sequence[TextLine]]) -> _Place | None:
    """The place at which most slides have a line larger than their others; None if no place stands out."""
    upper = [
        (at, lines[i], _prominence(lines[i], lines)) for at, lines in enumerate(slides) for i in _upper(lines)
    ]
    best: tuple[float, _Place, set[int]] | None = None
    for _, line, _ in upper:
        place = _Place(top(line), type_size(line))
        alike = {at: prominence for at, other, prominence in upper if place.holds(other)}
        weight = sum(min(2.0, prominence) for prominence in alike.values())
        if (best is None or weight > best[0]) and median(alike.values()) >= _LARGER:
            best = weight, place, set(alike)
    written = sum(bool(lines) for lines in slides)
    if best is None or len(best[2]) < max(_FEWEST_ALIKE, written / 2):
        return None
    return best[1]


def _heading(lines: Sequence[TextLine], place: _Place | None) -> Heading | None:
    if not lines:
        return None
    candidates = _upper(lines)
    at = next((i for i in candidates if place and place.holds(lines[i])), None)
    if at is None:
        at = max(candidates, key=lambda i: (type_size(lines[i]), -i))
        if type_size(lines[at]) < median(type_size(line) for line in lines) * _LARGER:
            return _plain(lines)
    parts, size, foot = [clean_line(lines[at])], type_size(lines[at]), _foot(lines[at])
    for line in lines[at + 1 :]:  # a title that wraps
        far = top(line) - foot > _WRAPS_WITHIN * size
        if far or abs(type_size(line) - size) > _SAME_SIZE * size or _BULLETED.match(line.text):
            break
        parts.append(clean_line(line))
        foot = _foot(line)
    title = " ".join(parts)
    return Heading(title if len(title.split()) <= _LONGEST_TITLE_WORDS else parts[0], size)


def _plain(lines: Sequence[TextLine]) -> Heading | None:
    """No larger line: the first one may still be a title, if it stands alone like one."""
    first = clean_line(lines[0])
    alone = len(lines) == 1 or not re.match(r"[\W_]", lines[0].text)
    short = len(first.split()) <= _LONGEST_PLAIN_TITLE_WORDS and not first.endswith((".", ","))
    return Heading(first, type_size(lines[0])) if alone and short else None


def _upper(lines: Sequence[TextLine]) -> list[int]:
    """Indices of those in the upper half of the text."""
    if not lines:
        return []
    tops = [top(line) for line in lines]
    middle = min(tops) + 0.5 * (max(tops) - min(tops))
    return [i for i, y in enumerate(tops) if y <= middle]


def _prominence(line: TextLine, lines: Sequence[TextLine]) -> float:
    return type_size(line) / max(1.0, median(type_size(other) for other in lines))


def _foot(line: TextLine) -> int:
    return max((word.y + word.height for word in line.words), default=0)
