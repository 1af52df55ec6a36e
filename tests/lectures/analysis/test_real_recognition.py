"""Two lectures as OCR and recogniser really gave them: drawings read as letters, words misheard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lecture_texts import load

from app.lectures.analysis import analyze
from app.lectures.analysis.headings import large_titles, slide_titles
from app.lectures.embedding import Embed
from app.lectures.model import (
    Interval,
    LectureNotes,
    Sentence,
    Slide,
    SlideExtraction,
    SlideText,
    SpokenWord,
    TextLine,
    TextWord,
    Transcript,
)

WORD = ("text", "x", "y", "width", "height", "confidence")
HEARD = ("text", "start_s", "end_s", "probability")


def slides(name: str) -> tuple[SlideText, ...]:
    return tuple(
        SlideText(
            number=slide["number"],
            lines=tuple(
                TextLine(words=tuple(TextWord(**dict(zip(WORD, word, strict=True))) for word in line))
                for line in slide["lines"]
            ),
        )
        for slide in load("read_slides")[name]
    )


def heard(name: str) -> tuple[Transcript, SlideExtraction]:
    lecture: dict[str, Any] = load("heard_lectures")[name]
    duration = lecture["duration_s"]
    sentences = tuple(
        Sentence(words=tuple(SpokenWord(**dict(zip(HEARD, word, strict=True))) for word in words))
        for words in lecture["sentences"]
    )
    shown = tuple(
        Slide(
            number=number,
            intervals=tuple(Interval(start_s=a, end_s=b) for a, b in intervals),
            image=f"{number}.png",
            width=1920,
            height=1080,
            frame_s=intervals[0][0],
        )
        for number, intervals in lecture["slides"]
    )
    return (
        Transcript(language="en", model="tiny.en", sentences=sentences, duration_s=duration),
        SlideExtraction(slides=shown, duration_s=duration),
    )


@pytest.fixture(scope="module", params=["meaning", "words alone"])
def embed(request: pytest.FixtureRequest) -> Embed | None:
    return request.getfixturevalue("embedder") if request.param == "meaning" else None


def noted(name: str, embed: Embed | None) -> LectureNotes:
    transcript, extraction = heard(name)
    return analyze(transcript, extraction, slides(name), fallback_title="?", embed=embed)


@pytest.fixture(scope="module")
def hash_tables(embed: Embed | None) -> LectureNotes:
    return noted("hash", embed)


@pytest.fixture(scope="module")
def tides(embed: Embed | None) -> LectureNotes:
    return noted("tides", embed)


def starts(notes: LectureNotes) -> dict[str, float]:
    return {section.title: section.interval.start_s for section in notes.sections}


def explanations(notes: LectureNotes) -> dict[str, str]:
    return {term.term: term.explanation for section in notes.sections for term in section.terms}


def questions(notes: LectureNotes) -> str:
    return json.dumps([q.model_dump() for section in notes.sections for q in section.questions])


# ------------------------------------------------------------------------------------------- titles
def test_arrows_braces_and_formulas_are_no_titles() -> None:
    assert list(slide_titles(slides("hash")).values()) == [
        "How Hash Tables Work",
        "Agenda",
        "Why We Need Hash Tables",
        "From Key to Bucket",
        "A Hash Function in Python",
        "Two Keys, One Bucket",
        "Open Addressing",
        "The Load Factor",
        "Rehashing",
        "Summary",
    ]
    tides = slide_titles(slides("tides"))
    assert (tides[4], tides[8], tides[10]) == (
        "The Tidal Force",
        "The Tidal Range",
        "The Tide Slows the Earth",
    )


def test_letters_that_reach_below_the_line_do_not_make_a_title_large() -> None:
    assert large_titles(slides("hash")) == {1}
    assert large_titles(slides("tides")) == {1}


# ----------------------------------------------------------------------------------------- sections
def test_the_agenda_is_followed_where_titles_differ_from_it(hash_tables: LectureNotes) -> None:
    assert starts(hash_tables) == pytest.approx(
        {
            "Why We Need Hash Tables": 0.0,
            "From Key to Bucket": 48.8,
            "Collisions": 89.8,
            "Keeping the table fast": 125.2,
            "Summary": 161.3,
        },
        abs=1.0,
    )


def test_sections_begin_where_the_speaker_turns(tides: LectureNotes) -> None:
    found = list(starts(tides).values())
    for wanted in (0.0, 79.0, 117.4, 160.5):
        assert min(abs(wanted - second) for second in found) < 1.0
    assert len(found) <= 6


# ------------------------------------------------------------------------------------------ hearing
def test_words_that_only_a_slide_spells_right(tides: LectureNotes) -> None:
    assert explanations(tides)["neap tide"].startswith("A neap tide is a tide with a small swing")
    assert "tidal range" in explanations(tides)


def test_misheard_sentences_are_marked_and_not_asked(hash_tables: LectureNotes) -> None:
    marked = [sentence.text for sentence in hash_tables.sentences if sentence.unsure]
    for wrong in ("I can research", "either ray", "holds list", "grows at dictionaries"):
        assert sum(wrong in text for text in marked) == 1
        assert wrong not in questions(hash_tables)
    assert len(marked) == 4, "words that are also written on the slides are believed"
    assert all(not sentence.unsure for sentence in hash_tables.remember)


def test_what_to_remember_is_about_the_subject(tides: LectureNotes, hash_tables: LectureNotes) -> None:
    said = " ".join(s.text for notes in (tides, hash_tables) for s in notes.remember)
    for organising in ("question", "picture", "Let us", "Today"):
        assert organising not in said
    assert {"spring tide", "neap tide", "resonance", "tidal force"} <= explanations(tides).keys()
    assert "sun" not in explanations(tides), "'far heavier than the moon' explains nothing"
    assert "second question" not in questions(tides)


def test_unclear_sentences_are_promoted_only_where_a_section_has_nothing_else(
    tides: LectureNotes, hash_tables: LectureNotes
) -> None:
    for notes in (tides, hash_tables):
        unsure = {sentence.index for sentence in notes.sentences if sentence.unsure}
        assert not any(sentence.unsure for sentence in notes.remember)
        for section in notes.sections:
            unclear = [sentence.unsure for sentence in section.essentials]
            assert all(unclear) or not any(unclear)
            assert len(section.terms) == 1 or not unsure & {term.sentence for term in section.terms}
    assert "bucket" not in explanations(hash_tables), "its definition says 'either ray'"
