"""What of a slide's OCR text is content: without running headers, page numbers and OCR junk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from app.lectures.model import SlideText, TextLine

_BULLET = re.compile(r"^[\W_]+(?=[\w\"'“‘(\[])")
_PAGE_NUMBER = re.compile(r"^(?:page|slide|p\.?)?\s*\d{1,3}(?:\s*(?:/|of)\s*\d{1,3})?$", re.I)
_TRAILING_PAGE = re.compile(r"\s+\d{1,3}\s*(?:/|of)\s*\d{1,3}$")
_LEAST_CONFIDENCE = 0.4  # below, tesseract has mostly read a picture
_MEANT_SYMBOLS = frozenset("&+-–—/=<>:→×")
_DRAWING_DOUBT = 0.22  # below the deck's usual confidence by so much, a line of few words is a drawing
_DRAWING_WORDS = 2

# Height of a word's box against that of its type (ascender to descender), by the letters that it has.
_ASCENDS = re.compile(r"[A-Z0-9bdfhkltij(\[{|/]")
_DESCENDS = re.compile(r"[gjpqy,;(\[{|/Q]")
_BOX_OF_TYPE = {(True, True): 1.0, (True, False): 0.77, (False, True): 0.77, (False, False): 0.55}


def clean_line(line: TextLine | str) -> str:
    """The line as a reader would type it: no bullet, no stray marks, no page number."""
    text = line if isinstance(line, str) else line.text
    text = _TRAILING_PAGE.sub("", _BULLET.sub("", text.strip()))
    kept = [w for w in text.split() if any(c.isalnum() for c in w) or w in _MEANT_SYMBOLS]
    while kept and kept[-1] in _MEANT_SYMBOLS:
        kept.pop()
    return " ".join(kept).strip(" ·•|_")


def is_legible(line: TextLine) -> bool:
    text = clean_line(line)
    letters = sum(c.isalpha() for c in text)
    if letters < 2 or _PAGE_NUMBER.match(text):
        return False
    sure = sum(word.confidence for word in line.words) / len(line.words)
    return sure >= _LEAST_CONFIDENCE and letters >= 0.4 * len(text.replace(" ", ""))


def type_size(line: TextLine) -> float:
    """Size of the letters from the top of an "h" to the foot of a "g", whichever the line has; pixels.

    A line's box alone tells little: "Agenda" is a third higher than "The Load Factor" in the same type.
    """
    sizes = [
        word.height / _BOX_OF_TYPE[bool(_ASCENDS.search(word.text)), bool(_DESCENDS.search(word.text))]
        for word in line.words
        if any(c.isalnum() for c in word.text)
    ]
    return median(sizes) if sizes else float(line.height)


def content_lines(texts: Sequence[SlideText]) -> Mapping[int, tuple[TextLine, ...]]:
    """Per slide number the legible lines that are not repeated on most slides, in reading order.

    A repeated line counts as a running header or footer only where it stands in the outer quarters of the
    text, and is not larger than the other lines: a title that "(cont.)" slides share is kept.
    """
    sure = [word.confidence for slide in texts for line in slide.lines for word in line.words]
    doubtful = median(sure) - _DRAWING_DOUBT if sure else 0.0
    seen: Counter[str] = Counter()
    for slide in texts:
        seen.update({_key(line) for line in slide.lines})
    common = {key for key, times in seen.items() if times >= max(3, 0.6 * len(texts))}
    return {
        slide.number: tuple(
            line
            for line in slide.lines
            if is_legible(line)
            and not _is_drawing(line, doubtful)
            and not (_key(line) in common and _is_marginal(line, slide.lines))
        )
        for slide in texts
    }


def _is_drawing(line: TextLine, doubtful: float) -> bool:
    """A few words, all much less sure than the deck's usual ones: arrows and braces read as letters."""
    few = len(line.words) <= _DRAWING_WORDS
    return few and all(word.confidence < doubtful for word in line.words)


def content_text(lines: Sequence[TextLine]) -> str:
    return "\n".join(filter(None, (clean_line(line) for line in lines)))


def top(line: TextLine) -> int:
    return min((word.y for word in line.words), default=0)


def _key(line: TextLine) -> str:
    return re.sub(r"[\W\d_]+", "", line.text.lower())


def _is_marginal(line: TextLine, lines: Sequence[TextLine]) -> bool:
    heights = sorted(other.height for other in lines)
    if line.height > heights[len(heights) // 2] * 1.15 and len(lines) > 2:
        return False
    tops = [top(other) for other in lines]
    low, high = min(tops), max(tops)
    return not low + 0.25 * (high - low) < top(line) < low + 0.75 * (high - low) or high == low
