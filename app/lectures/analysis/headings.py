"""Titles of the slides and of the lecture, and what they have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import median

from app.lectures.analysis.lexicon import GENERIC_TITLE, TITLE_CONTINUED
from app.lectures.model import SlideText, TextLine
from app.lectures.slide_text import content_lines
from app.lectures.title_lines import find_headings
from app.lectures.wording import content_stems, words

_LARGER = 1.15  # a title's letters against the slide's median line
_TITLE_SLIDE_WORDS = 30

_ANNOUNCED = re.compile(
    r"\b(?:going to (?:talk about|look at|discuss|cover|learn about|study)|(?:we'll|we will|I'll|I will|"
    r"want to) "
    r"(?:talk about|discuss|cover|look at)|(?:lecture|talk|video|session) (?:is about|on|about)|"
    r"(?:topic|subject) (?:of today|today|for today|of this lecture) is|introduction to)\s+"
    r"(?P<topic>[\w'’\- ]{3,60}?)(?=[.,;:?!]|\s+(?:which|that|who|because|so|where|when|is|are|as|today|"
    r"for)\b|$)",
    re.I,
)


def slide_titles(texts: Sequence[SlideText]) -> Mapping[int, str]:
    """The title of each slide by number; "" where none can be told from the other lines."""
    return {number: heading.text if heading else "" for number, heading in find_headings(texts).items()}


def title_stem(title: str) -> str:
    """What "Open addressing", "Open addressing (cont.)" and "Open Addressing (2/3)" have in common."""
    before = None
    while title != before:
        before, title = title, TITLE_CONTINUED.sub("", title)
    return " ".join(words(title))


def without_continuation(title: str) -> str:
    cut = TITLE_CONTINUED.sub("", title).strip(" :-–—")
    return cut or title


def is_generic(title: str) -> bool:
    return not content_stems(title) or GENERIC_TITLE.match(title.strip(" .!:")) is not None


def large_titles(texts: Sequence[SlideText]) -> frozenset[int]:
    """Slides of few words whose title is larger than the others': title and section slides."""
    headings = find_headings(texts)
    by_number = {number: lines for number, lines in content_lines(texts).items() if lines}
    sizes = {number: heading.size for number, heading in headings.items() if heading}
    # With nothing to compare with, bullets tell it from a title slide.
    least = median(sizes.values()) * _LARGER if len(by_number) > 1 and sizes else 0.0
    return frozenset(n for n, size in sizes.items() if size >= least and _is_sparse(by_number[n]))


def lecture_title(
    texts: Sequence[SlideText], first_slide: int | None, spoken: Sequence[str], key_terms: Sequence[str]
) -> str:
    """From the title slide, else from what the speaker announces, else from key terms; "" if none says.

    `spoken`: the first cleaned sentences; `key_terms`: best first, and only if they are worth a title.
    """
    if first_slide is not None and first_slide in large_titles(texts):
        title = slide_titles(texts)[first_slide]
        if title and not is_generic(title):
            return title
    for sentence in spoken[:12]:
        if (announced := _ANNOUNCED.search(sentence)) and content_stems(announced["topic"]):
            topic = re.sub(r"^(?:the|a|an|some|how|our) ", "", announced["topic"].strip())
            return topic[0].upper() + topic[1:]
    if key_terms:
        named = list(key_terms[:3])
        joined = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
        return joined[0].upper() + joined[1:]
    first_title = slide_titles(texts).get(first_slide, "") if first_slide is not None else ""
    return "" if is_generic(first_title) else first_title


def _is_sparse(lines: Sequence[TextLine]) -> bool:
    bullets = sum(bool(re.match(r"\s*[•·▪◦*]", line.text)) for line in lines)
    return bullets == 0 and sum(len(line.words) for line in lines) <= _TITLE_SLIDE_WORDS
