"""The index of terms: where each is explained and where else it is spoken."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from app.lectures.model import LectureNotes, Term
from app.lectures.rendering import text as t


@dataclass(frozen=True)
class IndexEntry:
    """A term, the keys ("section-number") of its explanations and the sentences that speak it."""

    term: str
    letter: str
    keys: tuple[str, ...]
    sentences: tuple[int, ...]


def index_of(notes: LectureNotes) -> tuple[IndexEntry, ...]:
    """All terms in dictionary order; one that several sections explain stands once."""
    starts = [sentence.start_s for sentence in notes.sentences]
    found: dict[str, IndexEntry] = {}
    for section_number, section in enumerate(notes.sections, start=1):
        for number, term in enumerate(section.terms, start=1):
            name = t.clean(term.term)
            if not name:
                continue
            known = found.get(name.casefold(), IndexEntry(name, _letter(name), (), ()))
            spoken = {notes.sentences[at].index for at in _sentences(term, starts)}
            found[name.casefold()] = IndexEntry(
                known.term,
                known.letter,
                (*known.keys, f"{section_number}-{number}"),
                tuple(sorted(spoken.union(known.sentences))),
            )
    return tuple(sorted(found.values(), key=lambda entry: (_plain(entry.term), entry.term)))


def terms_json(notes: LectureNotes) -> dict[str, Any]:
    """The key terms for other programs: `{"title", "language", "terms": [...]}`, in order of time.

    Each term has its explanation, confidence (0..1), the second and `mm:ss` of the explanation,
    the slide then in view, the sections it is a key term of, and all seconds at which it is spoken.
    """
    terms: dict[str, dict[str, Any]] = {}
    for number, section in enumerate(notes.sections, start=1):
        for term in section.terms:
            entry = terms.setdefault(
                term.term.casefold(),
                {
                    "term": term.term,
                    "explanation": term.explanation,
                    "start_s": term.start_s,
                    "time": None if term.start_s is None else t.clock(term.start_s),
                    "slide": term.slide,
                    "confidence": term.confidence,
                    "sections": [],
                    "mentions": [],
                },
            )
            entry["sections"].append({"number": number, "title": section.title})
            entry["mentions"] = sorted({*entry["mentions"], *term.mentions})
    ordered = sorted(terms.values(), key=lambda entry: (entry["start_s"] is None, entry["start_s"] or 0.0))
    return {"title": notes.title, "language": notes.language, "terms": ordered}


def _sentences(term: Term, starts: list[float]) -> list[int]:
    """Positions of the sentences in which the term is spoken: those that had begun last."""
    return [at for at in (bisect_right(starts, second) - 1 for second in term.mentions) if at >= 0]


def _plain(name: str) -> str:
    """Sorting form: without accents and case (a plain stand-in for Unicode collation)."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _letter(name: str) -> str:
    first = _plain(name)[:1].upper()
    return first if first.isalpha() else "#"
