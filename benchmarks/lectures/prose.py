"""What a lecturer says about each page of a deck, from one of three sources.

A course of our own: prose about the Python language, which every Python brings along (`pydoc_data.topics`,
PSF licence), cut into pages; a YAML file with sentences for each page of a deck; or, for a deck alone,
sentences made from the words on its pages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics

import pypdfium2 as pdfium
import yaml


@dataclass(frozen=True)
class PageTalk:
    """A page of a deck and the sentences about it; `points` are the lines below the title."""

    title: str
    points: tuple[str, ...]
    sentences: tuple[str, ...]


_HEADING = re.compile(r"^(?P<title>[^\n]{3,70})\n(?P<line>[*=\-~^\"])(?P=line){2,}$", re.MULTILINE)
_SPOKEN = re.compile(r"[A-Za-z][A-Za-z0-9 ,;:'’\-]{30,220}\.")
_SENTENCES_A_PAGE = (6, 13)
_CLAUSE_END = re.compile(r"[,;:]| (?:which|that|because|if|when|unless|so|although|while|and|or|but) ")


@cache
def course() -> tuple[PageTalk, ...]:
    """Pages about the Python language, in the order of its reference; no sentence comes twice."""
    pages: list[PageTalk] = []
    seen: set[str] = set()
    for text in sorted(topics.values(), key=len, reverse=True):
        marks = list(_HEADING.finditer(text))
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        for mark, end in zip(marks, ends, strict=True):
            said = []
            for sentence in _sentences(text[mark.end() : end]):
                if sentence not in seen:
                    seen.add(sentence)
                    said.append(sentence)
            pages += _pages(mark["title"].strip(), said)
    return tuple(pages)


def _pages(title: str, said: list[str]) -> list[PageTalk]:
    """A section on as many pages as it takes; what is too short for a page is left out."""
    least, most = _SENTENCES_A_PAGE
    count = -(-len(said) // most)
    size = -(-len(said) // count) if count else 0
    pages = []
    for number in range(count):
        part = said[number * size : (number + 1) * size]
        if len(part) >= least:
            name = title.replace("“", "").replace("”", "").replace('"', "").replace("*", "")
            named = name if count == 1 else f"{name} ({number + 1})"
            pages.append(PageTalk(named, tuple(map(_point, part[:: max(2, len(part) // 5)])), tuple(part)))
    return pages


def _sentences(text: str) -> list[str]:
    """Sentences that can be read aloud: whole, in running text, without code or symbols."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        if "::=" in paragraph or ">>>" in paragraph:
            continue
        flat = re.sub(r"\s+", " ", re.sub(r"[*\"“”`]|\((?:[^()]{0,60})\)", "", paragraph)).strip()
        flat = re.sub(r" ([,;.:])", r"\1", re.sub(r"(?<=[a-z])- (?=[a-z])", "-", flat))
        for sentence in re.split(r"(?<=\.) (?=[A-Z])", flat):
            if _SPOKEN.fullmatch(sentence) and 6 <= len(sentence.split()) <= 32 and sentence[0].isupper():
                found.append(sentence)
    return found


def _point(sentence: str) -> str:
    """A line for the page: the first clause that says something, ten words at most."""
    for clause in _CLAUSE_END.split(sentence.rstrip(".")):
        words = clause.split()
        if len(words) >= 4:
            text = " ".join(words[:10])
            return text[0].upper() + text[1:]
    return " ".join(sentence.rstrip(".").split()[:8])


def told(description: Path) -> list[PageTalk]:
    """From YAML: a list of {title, say: [sentence, …]}, one entry a page of the deck, `say` may be empty."""
    pages = yaml.safe_load(description.read_text(encoding="utf-8"))
    return [PageTalk(page.get("title", ""), (), tuple(page.get("say", ()))) for page in pages]


_FRAMES = (
    "Let me say a few words about {}.",
    "What matters here is {}.",
    "You see on this page {}.",
    "Think for a moment about {}, it will come back later.",
    "We will need {} again and again.",
    "Many students find {} hard at first.",
    "In the exercises you will work with {}.",
    "There is more behind {} than one would think.",
    "Please remember {}, I will ask about it.",
    "I have seen {} go wrong in practice.",
)
_ASIDES = (
    "Can everybody in the last row hear me?",
    "Take your time to write this down.",
    "That was a good question, by the way.",
    "I will come back to that in a minute.",
    "So much for this point.",
    "Nobody expects you to know all of it by heart.",
)


def from_deck(deck: Path, chance: random.Random) -> list[PageTalk]:
    """Sentences around the lines of each page, one in six of them an aside that says nothing of it."""
    pages = []
    with pdfium.PdfDocument(deck) as document:
        for page in document:
            lines = [
                re.sub(r"\s+", " ", line).strip()
                for line in page.get_textpage().get_text_range().splitlines()
            ]
            spoken = [line.rstrip(".") for line in lines if len(re.findall(r"[^\W\d_]{3,}", line)) >= 2]
            frames = chance.sample(_FRAMES, len(_FRAMES))
            said = [frames[i % len(frames)].format(line) for i, line in enumerate(spoken[:12])]
            said = [
                text
                for s in said
                for text in ((s, chance.choice(_ASIDES)) if chance.random() < 1 / 6 else (s,))
            ]
            pages.append(PageTalk(spoken[0] if spoken else "", tuple(spoken[1:]), tuple(said)))
    return pages


def at_length(pages: Sequence[PageTalk], minutes: float) -> list[PageTalk]:
    """So many pages, from the front, as take about that long to speak; the last ones say less."""
    left, chosen = minutes * 60, []
    for page in pages:
        if left <= 0:
            break
        spoken, said = [], 0.0
        for sentence in page.sentences:
            said += seconds_of(sentence)
            if said > left + 5:
                break
            spoken.append(sentence)
        left -= said
        chosen.append(replace(page, sentences=tuple(spoken)))
    return chosen


def seconds_of(sentence: str) -> float:
    """About how long a sentence takes, the pause after it included."""
    return 0.55 + len(sentence) / 15.5
