"""Figures that were said, held against those on the slide in view: "60 meters" where it says "16 m"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.lectures.wording import STOPWORDS, content_stems, stem

_WORDS = {
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16},
    **{"seventeen": 17, "eighteen": 18, "nineteen": 19},
}
_TENS = {
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70},
    **{"eighty": 80, "ninety": 90},
}
_DIGIT = "one|two|three|four|five|six|seven|eight|nine"
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
# No parts of ranges, dates, times of day, fractions or names ("2-3", "10:30", "2/3", "B12").
_FIGURE = re.compile(
    r"(?<![\w.,:/^-])(?:(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)"
    rf"|(?P<tens>{'|'.join(_TENS)})\b(?:[ -](?P<ones>{_DIGIT})\b)?|(?P<word>{'|'.join(_WORDS)})\b)"
    rf"(?![\d:/-]|[.,]\d)(?:\s+(?P<scale>{'|'.join(_SCALES)})\b)?\s*(?P<unit>%|°|[^\W\d_]+)",
    re.I,
)
_UNITS = {
    **dict.fromkeys(("m", "meter", "metre"), "m"),
    **dict.fromkeys(("km", "kilometer", "kilometre"), "km"),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), "cm"),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), "mm"),
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("min", "minute"), "min"),
    **dict.fromkeys(("s", "sec", "second"), "s"),
    **dict.fromkeys(("ms", "millisecond"), "ms"),
    **dict.fromkeys(("g", "gram"), "g"),
    **dict.fromkeys(("kg", "kilogram", "kilo"), "kg"),
    **dict.fromkeys(("%", "percent"), "%"),
    **dict.fromkeys(("°", "degree"), "°"),
}
_STEMMED_UNITS = {stem(unit): short for unit, short in _UNITS.items()}
_ORDINALS = {"st", "nd", "rd", "th"}
_ROUNDED = 0.1  # "about 4" for 3.8
_SAME_SUBJECT = 0.5  # share of a line's words that the sentence has too


def contradicts(said: str, shown: Sequence[str]) -> bool:
    """Whether a sentence names a figure that the lines of its slide give otherwise, so was likely misheard.

    Same unit, or noun that is counted; nowhere on the slide about that figure; and a line that either speaks
    of the same thing or has what sounds alike ("sixteen" and "sixty"). A sentence with several figures of
    one unit compares them, and is believed.
    """
    heard = list(_figures(said))
    lines = [(line, list(_figures(line))) for line in shown]
    subject = {word for word in content_stems(said) if word.isalpha()}
    for value, unit in heard:
        written = [other for _, figures in lines for other, its in figures if its == unit]
        several = sum(its == unit for _, its in heard) > 1
        if not written or several or any(_agree(value, other) for other in written):
            continue
        if any(_sound_alike(value, other) for other in written):
            return True
        if any(
            _about(line, unit, subject) for line, figures in lines if any(its == unit for _, its in figures)
        ):
            return True
    return False


def _figures(text: str) -> Iterator[tuple[float, str]]:
    """Values with their units, in one spelling of each; "one" is hardly ever a figure in speech."""
    for match in _FIGURE.finditer(text):
        unit = match["unit"].lower()
        if unit in STOPWORDS - _UNITS.keys() or unit in _ORDINALS:
            continue
        if match["digits"]:
            value = float(match["digits"].replace(",", ""))
        elif match["tens"]:
            ones = (match["ones"] or "").lower()
            value = float(_TENS[match["tens"].lower()] + (1 if ones == "one" else _WORDS.get(ones, 0)))
        else:
            value = float(_WORDS[match["word"].lower()])
        yield value * _SCALES.get((match["scale"] or "").lower(), 1.0), _unit(unit)


def _unit(word: str) -> str:
    return _UNITS.get(word) or _STEMMED_UNITS.get(stem(word)) or stem(word)


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= _ROUNDED * max(one, other)


def _sound_alike(one: float, other: float) -> bool:
    small, large = sorted((one, other))
    return 13 <= small <= 19 and large == 10 * (small - 10)


def _about(line: str, unit: str, subject: set[str]) -> bool:
    own = {word for word in content_stems(line) if word.isalpha() and _unit(word) != unit}
    return bool(own) and len(own & subject) >= _SAME_SUBJECT * len(own)
