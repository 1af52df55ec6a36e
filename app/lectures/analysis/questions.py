"""Self-test questions whose every word, but for the question words, was said by the speaker."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.lectures.analysis.explanations import Explanation
from app.lectures.analysis.lexicon import DANGLING, ORGANISATION, PRONOUNS
from app.lectures.analysis.speech import Speech
from app.lectures.model import Question
from app.lectures.wording import word_set, words

_MOST = 4
_MOST_OF_A_KIND = {"define": 3, "why": 2, "number": 1, "cloze": 1}
_WORTH = {"define": 1.0, "why": 0.85, "number": 0.6, "cloze": 0.4}
_FEWEST_BEFORE_CLOZE = 2
_DEFINED = 0.75

_BECAUSE = re.compile(r"^(?P<main>.+?),? because (?P<reason>.+)$", re.I)
_SO = re.compile(r"^(?P<reason>.+), so (?!that|far|many|much|long|is|are|does)(?P<main>.+)$", re.I)
_INVERT = re.compile(
    r"^(?P<subject>(?:[\w'’-]+ ){0,6}?[\w'’-]+) (?P<verb>is|are|was|were|can|cannot|can't|must|should|"
    r"will|would) (?P<rest>.+)$"
)
_NO_SUBJECT = word_set(
    """in with at for on by if when where to from during as once after before under that which who while
    since and or but so it they he she this these those there what how all because without among suppose
    is not"""
)
_CALLED = re.compile(
    r"^(?P<subject>.+?),? (?P<verb>is|are) (?P<also>also )?(?:often |usually |sometimes )?(?:called|"
    r"known as|termed|referred to as) "
)
_TRAILING_ADVERB = re.compile(
    r"[ ,]+(?:mainly|mostly|partly|largely|just|simply|precisely|only|exactly|especially)$"
)
_DEICTIC = re.compile(
    r"\b(?:this|these|those|such|that \w+ (?:is|are)|(?:in|of|to|by|from|with|and) that|it|they)\b", re.I
)
_NUMBER = re.compile(
    r"(?<![\w.])(?:\d[\d.,]*(?:\s?(?:percent|%|[a-zA-Z]{1,12}))?|(?:two|three|four|five|six|seven|eight|"
    r"nine|ten|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)(?:[ -](?:percent|"
    r"times|hundred|thousand|million|degrees|hours|minutes|seconds|years))\b)(?<![.,])",
    re.I,
)
# "It" and "they" as an early subject: nobody knows of what, once the sentence stands alone.
_UNCLEAR = re.compile(r"^(?:[\w'’-]+,? ){0,6}(?:it|they|he|she)\b", re.I)
_BEFORE_A_VERB = PRONOUNS | {"to", "will", "can", "not", "must", "should", "would", "could", "may"}
_ELSEWHERE = re.compile(
    r"\b(?:there|here|its|their|we|you|another)\b", re.I
)  # said before, not in the question
_BLANK = "_____"


@dataclass(frozen=True)
class _Draft:
    kind: str
    at: int
    question: str
    answer: str
    score: float


def ask(
    speech: Speech,
    positions: range,
    explained: Sequence[tuple[str, Explanation]],
    terms: Sequence[str],
    value: Sequence[float],
) -> tuple[Question, ...]:
    """Up to four questions on one section, in the order of the lecture.

    `explained`: the section's key terms; `terms`: key terms that a gap may stand for; `value`: worth
    of each sentence of the whole speech.
    """
    drafts: list[_Draft] = []
    fit = [at for at in positions if speech.certain(at)]
    if speech.english:
        drafts += [draft for term, e in explained if (draft := _definition(speech, term, e))]
        drafts += [d for at in fit if value[at] > 0 for d in _why(speech.texts[at], at, value[at])]
        drafts += [d for at in fit if value[at] > 0.2 for d in _number(speech.texts[at], at, value[at])]
    drafts += [d for at in fit if value[at] > 0.2 for d in _gap(speech.texts[at], at, terms, value[at])]
    drafts.sort(key=lambda d: (-(_WORTH[d.kind] + 0.3 * d.score), d.at))
    chosen: list[_Draft] = []
    used: set[int] = set()
    asked: set[str] = set()
    for draft in drafts:
        kind_full = sum(other.kind == draft.kind for other in chosen) >= _MOST_OF_A_KIND[draft.kind]
        if draft.kind == "cloze" and len(chosen) < _FEWEST_BEFORE_CLOZE:
            kind_full = False
        if not kind_full and draft.at not in used and draft.question not in asked and len(chosen) < _MOST:
            chosen.append(draft)
            used.add(draft.at)
            asked.add(draft.question)
    return tuple(
        Question(
            question=draft.question,
            answer=draft.answer,
            start_s=speech.sentences[draft.at].start_s,
            slide=speech.sentences[draft.at].slide,
        )
        for draft in sorted(chosen, key=lambda d: d.at)
    )


def _definition(speech: Speech, term: str, e: Explanation) -> _Draft | None:
    certain = all(speech.certain(at) for at in e.positions)
    if e.score < _DEFINED or not certain or e.kind in {"does", "in", "which"}:
        return None
    last = speech.texts[e.positions[-1]]
    called = _CALLED.match(last)
    if e.kind == "called" and called and len(e.positions) == 1:
        subject = called["subject"]
        if called["also"] and not _DEICTIC.search(subject) and _can_start(subject.split()[0]):
            question = f"What {called['verb']} {_lower_first(subject)} also called?"
            return _Draft("define", e.positions[0], question, e.text(speech), e.score)
        first = subject.split()[0]
        if 4 <= len(subject.split()) <= 20 and not _DEICTIC.search(subject) and _can_start(first):
            question = f"What do we call {_lower_first(subject)}?"
            return _Draft("define", e.positions[0], question, e.text(speech), e.score)
    name = term if e.surface.lower() == term.lower() else e.surface
    article = f"{e.article} " if e.article in {"a", "an", "the"} else ""
    question = f"What {'are' if e.plural else 'is'} {article}{name}?"
    return _Draft("define", e.positions[0], question, e.text(speech), e.score)


def _why(text: str, at: int, value: float) -> Iterator[_Draft]:
    match = _BECAUSE.match(text) or _SO.match(text)
    if not match or DANGLING.match(text):
        return
    if match.re is _SO and _ELSEWHERE.search(match["main"]):
        return
    main = re.sub(r"^(?:but|and|so|however|now),? ", "", match["main"], flags=re.I)
    main = _TRAILING_ADVERB.sub("", main)
    if len(main.split()) < 4 or len(match["reason"].split()) < 3 or ORGANISATION.search(main):
        return
    inverted = _INVERT.match(main)
    if inverted:
        subject = inverted["subject"]
        parts = words(subject)
        if not set(parts) & _NO_SUBJECT and "," not in inverted["rest"]:
            verb = inverted["verb"].lower()
            auxiliary, no = ("can", "not ") if verb in {"cannot", "can't"} else (verb, "")
            yield _Draft(
                "why",
                at,
                f"Why {auxiliary} {_lower_first(subject)} {no}{inverted['rest'].rstrip('.')}?",
                text,
                value,
            )
            return
    if _can_start(main.split()[0]) and not _DEICTIC.search(main):
        yield _Draft("why", at, f"“{main[0].upper()}{main[1:].rstrip('.,')}.” Why?", text, value)


def _number(text: str, at: int, value: float) -> Iterator[_Draft]:
    found = list(_NUMBER.finditer(text))
    if len(found) != 1 or not _stands_alone(text) or found[0].start() == 0:
        return
    match = found[0]
    digits = re.match(r"\d[\d.,]*\d|\d|\w+", match.group())
    if digits:
        end = match.start() + digits.end()
        yield _Draft("number", at, _with_gap(text, match.start(), end), text, value)


def _gap(text: str, at: int, terms: Collection[str], value: float) -> Iterator[_Draft]:
    if not _stands_alone(text):
        return
    for term in sorted(terms, key=lambda t: (-len(t), t)):
        found = list(re.finditer(rf"(?<![\w-]){re.escape(term)}(?![\w-])", text, re.I))
        before = words(text[: found[0].start()]) if found else []
        named = bool(before) and before[-1] not in _BEFORE_A_VERB
        if len(found) == 1 and named:
            yield _Draft("cloze", at, _with_gap(text, found[0].start(), found[0].end()), text, value)
            return


def _stands_alone(text: str) -> bool:
    return (
        8 <= len(text.split()) <= 32
        and not DANGLING.match(text)
        and not ORGANISATION.search(text)
        and not _UNCLEAR.search(text)
    )


def _with_gap(text: str, start: int, end: int) -> str:
    before = text[:start]
    # "a"/"an" would give the answer's first letter away, and read wrong; the gap takes the article too.
    article = re.search(r"\ban? $", before)
    if article:
        before = before[: article.start()]
    return f"Complete: “{before}{_BLANK}{text[end:]}”"


def _can_start(word: str) -> bool:
    return word.lower() not in PRONOUNS | {"if", "when", "because", "then", "in", "with", "at", "for", "to"}


def _lower_first(text: str) -> str:
    first, _, rest = text.partition(" ")
    keep = any(c.isupper() for c in first[1:]) or first in {"I", "I'm"}
    return text if keep else f"{first.lower()} {rest}".rstrip()
