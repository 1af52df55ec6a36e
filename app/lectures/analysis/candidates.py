"""Candidates for key terms: noun-phrase-like word groups of speech and slides, with where they occur."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.lectures.analysis.lexicon import MODIFIERS, NOT_TERMS
from app.lectures.model import AlignedSentence, Sentence
from app.lectures.wording import STOPWORDS, WORD, singular

Key = tuple[str, ...]

_LONGEST = 3
_MOSTLY_NESTED = 0.4  # a word that stands alone less often than this is part of longer terms


@dataclass
class Candidate:
    """A word group; `key` is its lower-case singular form, by which occurrences are told to be the same."""

    key: Key
    surfaces: Counter[str] = field(default_factory=Counter)
    mentions: list[float] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    slides: set[int] = field(default_factory=set)
    titled: bool = False
    written: str = ""  # the singular, if a title has it
    nested: int = 0
    score: float = 0.0

    @property
    def spoken(self) -> int:
        return len(self.mentions)

    @property
    def term(self) -> str:
        """As most often spoken, in the singular if that is how a title has it."""
        if self.written and self.written not in {surface.lower() for surface in self.surfaces}:
            return self.written
        return max(self.surfaces.items(), key=lambda item: (item[1], -len(item[0]), item[0]))[0]


def is_term_like(key: Key, headed: Collection[Key] = ()) -> bool:
    """`headed`: word groups used as a title (see `title_groups`), which are terms whatever their words."""
    if not key or any(w in STOPWORDS for w in key):
        return False
    if key in headed:
        return True
    if key[0] in NOT_TERMS or key[-1] in NOT_TERMS:
        return False
    last = key[-1]
    if (
        last in MODIFIERS
        or last.endswith("ly")
        or (len(key) == 1 and (len(last) < 3 or key[0].endswith("ed")))
    ):
        return False
    return all(any(c.isalpha() for c in word) and "'" not in word for word in key)


def title_groups(titles: Mapping[int, str]) -> frozenset[Key]:
    """Groups of several words that stand whole in a title: "spring tide" and "neap tide"."""
    groups = (
        key_of(" ".join(text for text, _ in group))
        for title in titles.values()
        for _, whole, group in _groups([(text, 0.0) for text in title.split()])
        if whole and len(group) > 1
    )
    return frozenset(groups)


def key_of(text: str) -> Key:
    return tuple(singular(match.group().lower()) for match in WORD.finditer(text))


def find_candidates(
    sentences: Sequence[Sentence],
    aligned: Sequence[AlignedSentence],
    slide_lines: Mapping[int, Sequence[str]],
    titles: Mapping[int, str],
) -> dict[Key, Candidate]:
    """All spoken candidates, scored by C-value (Frantzi et al., 2000) and a bonus for standing on slides.

    What only OCR has seen is left out: it may be misread, and nobody has explained it.
    """
    found: dict[Key, Candidate] = {}
    headed = title_groups(titles)
    for at, sentence in enumerate(sentences):
        tokens = [(word.text, word.start_s) for word in sentence.words]
        for first, _, group in _groups(tokens):
            key = key_of(" ".join(text for text, _ in group))
            if is_term_like(key, headed):
                candidate = found.setdefault(key, Candidate(key))
                candidate.surfaces[_surface(group, first)] += 1
                candidate.mentions.append(group[0][1])
                candidate.sentences.append(aligned[at].index)
    for number, lines in slide_lines.items():
        for line in lines:
            for _, whole, group in _groups([(text, 0.0) for text in line.split()]):
                if (known := found.get(key_of(" ".join(text for text, _ in group)))) is not None:
                    known.slides.add(number)
                    headed_here = whole and line in titles.get(number, "")
                    known.titled = known.titled or headed_here
                    name = " ".join(text for text, _ in group).lower()
                    if headed_here and key_of(name) == tuple(name.split()):
                        known.written = name
    _score(found.values())
    return found


def is_frequent(candidate: Candidate) -> bool:
    """Heard or seen often enough to count without a definition."""
    free = candidate.spoken - candidate.nested
    if len(candidate.key) == 1:
        standing = free >= max(1, _MOSTLY_NESTED * candidate.spoken)
        return standing and (candidate.spoken >= 3 or (candidate.spoken >= 2 and bool(candidate.slides)))
    return candidate.spoken + len(candidate.slides) >= 2 and free >= 1


def _groups(tokens: Sequence[tuple[str, float]]) -> Iterator[tuple[bool, bool, list[tuple[str, float]]]]:
    """(whether at the start, whether a whole run, tokens) of up to three unbroken content words."""
    run: list[tuple[str, float]] = []
    start = 0
    for position, (text, second) in enumerate([*tokens, (".", 0.0)]):
        words = [match.group() for match in WORD.finditer(text)]
        breaks_before = bool(re.match(r"[(\"“\[]", text))
        if run and (breaks_before or len(words) != 1 or words[0].lower() in STOPWORDS):
            yield from _grams(run, start)
            run = []
        if len(words) == 1 and words[0].lower() not in STOPWORDS:
            start = position if not run else start
            run.append((words[0], second))
            if re.search(r"[.,;:?!)\"”\]—]$", text):
                yield from _grams(run, start)
                run = []


def _grams(run: list[tuple[str, float]], start: int) -> Iterator[tuple[bool, bool, list[tuple[str, float]]]]:
    for length in range(1, _LONGEST + 1):
        for at in range(len(run) - length + 1):
            yield start + at == 0, length == len(run), run[at : at + length]


def _surface(group: Sequence[tuple[str, float]], first: bool) -> str:
    text = " ".join(word for word, _ in group)
    word = text.split()[0]
    # A capital at the start of a sentence says nothing; elsewhere it is the mark of a name.
    return word.lower() + text[len(word) :] if first and word[1:].islower() else text


def _score(candidates: Iterable[Candidate]) -> None:
    everything = list(candidates)
    longer: dict[Key, list[int]] = defaultdict(list)
    for candidate in everything:
        size = len(candidate.key)
        parts = {candidate.key[i:j] for i in range(size) for j in range(i + 1, size + 1)} - {candidate.key}
        for part in parts:
            # A longer group heard only once is chance, not a term.
            if candidate.spoken >= 2:
                longer[part].append(candidate.spoken)
    for candidate in everything:
        around = longer[candidate.key]
        candidate.nested = min(candidate.spoken, sum(around)) if around else 0
        own = candidate.spoken - (sum(around) / len(around) if around else 0)
        weight = math.log2(1 + len(candidate.key)) * max(own, 0.25)
        candidate.score = math.log2(1 + weight) * (1 + 0.8 * candidate.titled + 0.4 * bool(candidate.slides))
