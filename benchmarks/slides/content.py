"""What stands on drawn slides: plain descriptions, so that a twin is an edited copy."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import yaml

Kind = Literal["bullets", "chart", "table", "formula", "diagram", "code", "section", "film"]

_WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
TOPICS: dict[str, list[str]] = _WORDS["topics"]
_HEADS: list[str] = _WORDS["heads"]
_KINDS: tuple[Kind, ...] = ("bullets",) * 5 + ("chart", "table", "formula", "diagram", "code", "section")
_FAMILIES = ("sans", "sans", "serif", "condensed")
_OTHER_ENDS = ("today", "37", "2024", "twice")


@dataclass(frozen=True)
class Content:
    kind: Kind
    theme: int
    family: str
    topic: str
    head: str
    subject: str
    bullets: tuple[str, ...]
    number: int  # that stands somewhere on it
    seed: int  # of bars, tables and nodes
    page: int | None

    @property
    def title(self) -> str:
        return f"{self.head}: {self.subject}"

    @property
    def builds(self) -> int:
        return len(self.bullets) if self.kind == "bullets" else 1 if self.kind in ("section", "film") else 2


def invent(chance: random.Random, topic: str, theme: int, *, page: int | None, film: bool) -> Content:
    words = TOPICS[topic]
    bullets = tuple(
        f"{chance.choice(_WORDS['openings'])} {chance.choice(words)} {chance.choice(_WORDS['endings'])}"
        for _ in range(chance.randint(2, 6))
    )
    return Content(
        kind="film" if film else chance.choice(_KINDS),
        theme=theme,
        family=chance.choice(_FAMILIES),
        topic=topic,
        head=chance.choice(_HEADS),
        subject=chance.choice(words),
        bullets=bullets,
        number=chance.randint(12, 98),
        seed=chance.randrange(1 << 30),
        page=page,
    )


def twin(chance: random.Random, content: Content) -> Content:
    """The same slide but for one number or one word. What differs takes another's place: were something
    added, it would be a build."""
    worded = content.kind in ("bullets", "section", "film")
    if not worded and content.kind != "diagram" and chance.random() < 0.6:
        return replace(content, number=(content.number + chance.choice((1, 7, 11))) % 88 + 10)
    if content.kind == "section":
        others = [word for word in TOPICS[content.topic] if word != content.subject]
        return replace(content, subject=chance.choice(others))
    if content.kind == "bullets" and chance.random() < 0.4:
        i = chance.randrange(len(content.bullets))
        words = content.bullets[i].split()
        words[-1] = chance.choice([end for end in _OTHER_ENDS if end != words[-1]])
        changed = (*content.bullets[:i], " ".join(words), *content.bullets[i + 1 :])
        return replace(content, bullets=changed)
    return replace(content, head=chance.choice([head for head in _HEADS if head != content.head]))
