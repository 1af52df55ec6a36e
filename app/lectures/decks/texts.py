"""The text of a page: its text layer joined with what was read in its pictures, and its title."""

from __future__ import annotations

from collections.abc import Sequence

from app.lectures.columns import in_reading_order
from app.lectures.model import DeckPage, SlideText, TextLine, TextWord
from app.lectures.title_lines import find_headings

_SURE = 0.6  # of a word read in a picture; below, it is mostly a line of the drawing
_COVERED = 0.3  # of a read word's box; then it is the text layer's own word once more


def with_read(layer: tuple[TextLine, ...], read: tuple[TextLine, ...]) -> tuple[TextLine, ...]:
    """The text layer and, of what was read in the page's picture, the words that are not in it already."""
    if not layer:
        return read
    known = [word for line in layer for word in line.words]
    lines = [list(line.words) for line in layer]
    for line in read:
        new = [word for word in line.words if word.confidence >= _SURE and not _covered(word, known)]
        if any(char.isalnum() for word in new for char in word.text):
            lines.append(new)
    return tuple(TextLine(words=tuple(line)) for line in in_reading_order(lines))


def _covered(word: TextWord, known: Sequence[TextWord]) -> bool:
    shared = sum(
        max(0, min(word.x + word.width, other.x + other.width) - max(word.x, other.x))
        * max(0, min(word.y + word.height, other.y + other.height) - max(word.y, other.y))
        for other in known
    )
    return shared > _COVERED * word.width * word.height


def titled(pages: Sequence[DeckPage], layers: Sequence[SlideText]) -> list[DeckPage]:
    """Titles by size and place in the deck; `layers` are the pages' texts without their pictures'."""
    headings = find_headings(layers)
    return [
        page if heading is None else page.model_copy(update={"title": heading.text})
        for page in pages
        for heading in [headings[page.number]]
    ]
