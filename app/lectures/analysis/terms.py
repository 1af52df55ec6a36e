"""Key terms of a lecture, each with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from app.lectures.analysis.candidates import Candidate, Key, is_frequent, key_of
from app.lectures.analysis.explanations import Explanation
from app.lectures.analysis.ranking import merit
from app.lectures.analysis.speech import Speech
from app.lectures.model import Term

EXPLAINED = 0.55  # from here on a sentence counts as an explanation
_DEFINED = 0.8  # a definition so clear that the term need not be frequent
_FALLBACK_CONFIDENCE = 0.45
_FEWEST_EXPLAINING_WORDS = 4


def rank_terms(
    candidates: Mapping[Key, Candidate], explanations: Mapping[Key, list[Explanation]], speech: Speech
) -> list[tuple[Candidate, Explanation | None]]:
    """Terms worth listing, best first, each with its best explanation if a sentence clearly gives one."""
    centre = speech.rows.mean(axis=0) if len(speech.rows) else np.zeros(0)
    ranked = []
    for key, candidate in candidates.items():
        explaining = [e for e in explanations.get(key, ()) if e.score >= EXPLAINED]
        best = min(explaining, key=lambda e: speech.unsure(e.positions), default=None)  # the first clear one
        if not is_frequent(candidate) and not (best and best.clarity >= _DEFINED):
            continue
        central = float(np.mean([speech.rows[at] @ centre for at in candidate.sentences]))
        score = candidate.score + 1.5 * (best.score if best else 0) + central
        ranked.append((score, candidate, best))
    ranked.sort(key=lambda item: (-item[0], item[1].key))
    return [(candidate, best) for _, candidate, best in ranked]


def key_phrases(
    candidates: Mapping[Key, Candidate],
    explanations: Mapping[Key, list[Explanation]],
    within: range,
    *,
    count: int,
) -> list[str]:
    """What a stretch of the speech is about, against the whole: spoken often there, and less elsewhere."""
    scored = []
    for candidate in candidates.values():
        here = sum(at in within for at in candidate.sentences)
        defined = any(
            e.score >= EXPLAINED and e.positions[-1] in within for e in explanations.get(candidate.key, ())
        )
        if here and (is_frequent(candidate) or defined):
            weight = here * (0.3 + here / candidate.spoken) * (0.4 + 0.6 * len(candidate.key)) + 1.5 * defined
            if not (defined or candidate.titled or len(candidate.key) > 1):
                weight *= 0.5
            scored.append((weight, candidate))
    scored.sort(key=lambda item: (-item[0], item[1].key))
    chosen: list[Candidate] = []
    for _, candidate in scored:
        if not any(set(candidate.key) & set(other.key) for other in chosen):
            chosen.append(candidate)
    return [candidate.term for candidate in chosen[:count]]


def make_term(
    candidate: Candidate,
    explanation: Explanation | None,
    speech: Speech,
    used: Collection[int],
    lines: Mapping[int, Sequence[str]],
) -> Term | None:
    """None if nothing that was said explains the term well enough; `used` positions explain other terms.

    Where the explanation was misheard, a line of a slide (`lines` by number) takes its place if one explains.
    """
    if explanation is not None:
        first = speech.sentences[explanation.positions[0]]
        name = " ".join(candidate.key)
        if speech.unsure(explanation.positions) and (shown := _on_slide(candidate.key, lines)):
            text, slide = shown
            term = _term(candidate, text, first.index, speech, min(1.0, explanation.score))
            return term.model_copy(update={"sentence": None, "slide": slide})
        if explanation.article in {"a", "an"} and name in candidate.surfaces:
            candidate.surfaces[name] += candidate.spoken  # "is called a collision" beats "collisions"
        return _term(candidate, explanation.text(speech), first.index, speech, min(1.0, explanation.score))
    if not (candidate.titled or (len(candidate.key) > 1 and candidate.slides)):
        return None
    # No definition, but a main term: the best sentence that has it early.
    fits = [
        (merit(speech.texts[at], english=speech.english) + float(speech.central[at]), -at)
        for at in candidate.sentences
        if at not in used
        and not speech.unsure([at])
        and _subject_like(candidate, speech.texts[at])
        and merit(speech.texts[at], english=speech.english) >= 0
    ]
    if not fits:
        return None
    at = -max(fits)[1]
    return _term(candidate, speech.texts[at], at, speech, _FALLBACK_CONFIDENCE)


def _on_slide(key: Key, lines: Mapping[int, Sequence[str]]) -> tuple[str, int] | None:
    """The line that explains a term after its name and a colon ("Collision: two keys ..."), and its slide."""
    for number, shown in lines.items():
        for line in shown:
            name, _, meaning = line.partition(": ")
            if key_of(name) == key and len(meaning.split()) >= _FEWEST_EXPLAINING_WORDS:
                return line, number
    return None


def _subject_like(candidate: Candidate, text: str) -> bool:
    """The term stands early, a single word right at the front."""
    early = 60 if len(candidate.key) > 1 else len(candidate.term) + 5
    return candidate.term.lower() in text.lower()[:early]


def _term(candidate: Candidate, text: str, at: int, speech: Speech, confidence: float) -> Term:
    sentence = speech.sentences[at]
    return Term(
        term=candidate.term,
        explanation=text,
        sentence=sentence.index,
        start_s=sentence.start_s,
        slide=sentence.slide,
        mentions=tuple(candidate.mentions),
        confidence=round(confidence, 3),
    )
