from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from lecture_texts import build, load

from app.lectures.analysis import analyze
from app.lectures.analysis.cleaning import bare
from app.lectures.embedding import Embed
from app.lectures.model import LectureNotes, SlideExtraction, Transcript

WITH_SLIDES = ["hash_tables", "membranes"]
QUESTION_WORDS = {"what", "why", "is", "are", "do", "we", "call", "complete", "can", "also", "called", "not"}


def notes_of(lecture: dict[str, Any], embed: Embed | None, *, language: str = "en") -> LectureNotes:
    transcript, extraction, texts, _ = build(lecture, jitter_s=1, language=language)
    if not texts:
        extraction = SlideExtraction(slides=(), duration_s=extraction.duration_s)
    return analyze(transcript, extraction, texts, fallback_title="Recording", embed=embed)


@pytest.fixture(scope="module", params=["hash_tables", "membranes", "sleep"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["meaning", "words alone"])
def notes(request: pytest.FixtureRequest, name: str, embedder: Embed) -> LectureNotes:
    return notes_of(load(name), embedder if request.param == "meaning" else None)


def titles(notes: LectureNotes) -> list[str]:
    return [section.title for section in notes.sections]


def explained(notes: LectureNotes) -> dict[str, str]:
    return {term.term: term.explanation for section in notes.sections for term in section.terms}


# ------------------------------------------------------------------------------ whatever the lecture
def test_sections_tile_the_recording_and_share_out_the_slides(notes: LectureNotes) -> None:
    edges = [(section.interval.start_s, section.interval.end_s) for section in notes.sections]
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(notes.duration_s)
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    slides = [slide for section in notes.sections for slide in section.slides]
    assert len(slides) == len(set(slides))
    topics = [title for title in titles(notes) if title != "Summary"]
    assert 4 <= len(topics) <= 6
    assert all(titles(notes))


def test_nothing_is_invented(notes: LectureNotes) -> None:
    spoken = {sentence.index: [bare(word) for word in sentence.text.split()] for sentence in notes.sentences}
    everything = {word for words in spoken.values() for word in words}
    for sentence in [*notes.remember, *(s for section in notes.sections for s in section.essentials)]:
        rest = iter(spoken[sentence.index])
        assert all(bare(word) in rest for word in sentence.text.split())
    for section in notes.sections:
        for term in section.terms:
            assert {bare(word) for word in f"{term.term} {term.explanation}".split()} <= everything
        for question in section.questions:
            assert {bare(word) for word in question.answer.split()} <= everything
            asked = {bare(word) for word in question.question.split()} - {"", "_____"}
            assert asked <= everything | QUESTION_WORDS


def test_essentials_can_be_read_by_themselves(notes: LectureNotes) -> None:
    for section in notes.sections:
        assert 2 <= len(section.essentials) <= 10
        assert [s.start_s for s in section.essentials] == sorted(s.start_s for s in section.essentials)
        for sentence in section.essentials:
            assert section.interval.start_s - 12 <= sentence.start_s <= section.interval.end_s + 12
            assert not sentence.text.endswith("?")
            assert not re.search(r"\b(um|uh|good morning|thank you|welcome)\b", sentence.text, re.I)


def test_five_to_eight_things_from_all_over_the_lecture(notes: LectureNotes) -> None:
    assert 5 <= len(notes.remember) <= 8
    for sentence in notes.remember:
        assert not re.match(r"(it|this|that|they|these|so|and|but)\b", sentence.text, re.I)
    places = [
        next(at for at, section in enumerate(notes.sections) if s.start_s < section.interval.end_s + 5)
        for s in notes.remember
    ]
    assert len(set(places)) >= 3


def test_each_question_cites_a_sentence_that_was_said_then(notes: LectureNotes) -> None:
    starts = {sentence.start_s: sentence for sentence in notes.sentences}
    for section in notes.sections:
        assert 1 <= len(section.questions) <= 4
        for question in section.questions:
            cited = starts[question.start_s or 0.0]
            assert question.slide == cited.slide
            assert set(question.answer.lower().split()[-3:-1]) & set(
                " ".join(s.text for s in notes.sentences[cited.index : cited.index + 2]).lower().split()
            )
            assert question.question.endswith(("?", "”"))
            assert not re.match(r"(What|Why) (is|are|does) (it|they|this|that|he|she)\b", question.question)


def test_a_gap_hides_its_answer(notes: LectureNotes) -> None:
    gaps = [q for section in notes.sections for q in section.questions if "_____" in q.question]
    assert gaps
    for question in gaps:
        before, after = question.question.removeprefix("Complete: “").removesuffix("”").split("_____")
        assert question.answer.startswith(before)
        assert question.answer.endswith(after)
        assert len(question.answer) > len(before) + len(after)


def test_mentions_are_the_seconds_at_which_a_term_is_spoken(notes: LectureNotes) -> None:
    for section in notes.sections:
        for term in section.terms:
            assert term.mentions
            for second in term.mentions:
                sentence = next(s for s in notes.sentences if s.start_s <= second <= s.end_s)
                assert term.term.lower().split()[0][:4] in sentence.text.lower()


def test_the_missing_model_is_named(notes: LectureNotes) -> None:
    assert any("No language model was available" in sentence for sentence in notes.lacks)
    assert 0 < notes.confidence < 1


# ----------------------------------------------------------------------------- known lectures
def test_hash_tables(embedder: Embed) -> None:
    notes = notes_of(load("hash_tables"), embedder)
    assert notes.title == "Hash Tables"
    assert titles(notes)[0] == "Why not just an array?"
    assert titles(notes)[-3:] == ["Open addressing", "Load factor and resizing", "Summary"]
    assert next(s.slides for s in notes.sections if s.title == "Open addressing") == (6, 7)
    terms = explained(notes)
    assert (
        terms["load factor"] == "The load factor is the number of entries divided by the number of buckets."
    )
    assert (
        terms["hash function"] == "A function that turns a key into an array index is called a hash function."
    )
    assert terms["collision"].startswith("Two different keys can end up in the same bucket. That is called")
    assert terms["tombstone"].endswith("Instead we leave a marker, and that marker is known as a tombstone.")
    assert "key" not in terms
    questions = {q.question: q for section in notes.sections for q in section.questions}
    assert "What do we call a function that turns a key into an array index?" in questions
    assert "Why is inserting into a sorted array slow?" in questions
    assert questions["What is the load factor?"].slide == 8
    assert any("The key point is that a hash table" in s.text for s in notes.remember)
    assert any(s.text.startswith("Remember that the cost of a search") for s in notes.remember)


def test_outline_and_section_slides_divide_the_lecture(embedder: Embed) -> None:
    notes = notes_of(load("membranes"), embedder)
    assert notes.title == "The Membrane Potential"
    assert {"Ion gradients", "The action potential", "Synapses"} <= set(titles(notes))
    terms = explained(notes)
    assert terms["myelin"] == "Myelin is a fatty sheath that wraps around the axon and insulates it."
    assert terms["resting potential"].endswith("This balance is what we call the resting potential.")
    assert terms["repolarization"] == "The return to the negative voltage is called repolarization."


def test_speech_alone_is_cut_where_the_topic_turns(embedder: Embed) -> None:
    lecture = load("sleep")
    transcript, *_, truth = build(lecture, jitter_s=1)
    notes = notes_of(lecture, embedder)
    assert notes.title == "Sleep and memory"
    turns = [transcript.sentences[at].start_s for at in range(1, len(truth)) if truth[at] != truth[at - 1]]
    assert [section.interval.start_s for section in notes.sections][1:] == turns
    assert explained(notes)["consolidation"].endswith("This transfer is called consolidation.")
    assert all(sentence.slide is None for sentence in notes.sentences)
    assert any("No slides were found" in sentence for sentence in notes.lacks)


# ---------------------------------------------------------------------------- what may be missing
def test_no_speech_pretends_nothing() -> None:
    _, extraction, texts, _ = build(load("hash_tables"))
    notes = analyze(None, extraction, texts, fallback_title="Recording", lacks=["The audio track is silent."])
    assert notes.title == "Hash Tables"
    assert len(notes.sections) >= 4
    assert notes.sentences == notes.remember == ()
    assert all(not (s.essentials or s.terms or s.questions) for s in notes.sections)
    assert notes.lacks[0] == "The audio track is silent."
    assert any("no speech" in sentence for sentence in notes.lacks)


def test_neither_speech_nor_slides() -> None:
    notes = analyze(None, SlideExtraction(slides=(), duration_s=12), (), fallback_title="Recording")
    assert (notes.title, notes.sections, notes.confidence) == ("Recording", (), 0.0)
    assert any("Neither speech nor slides" in sentence for sentence in notes.lacks)


def test_slides_that_could_not_be_read() -> None:
    transcript, extraction, _, _ = build(load("hash_tables"))
    notes = analyze(transcript, extraction, (), fallback_title="Recording")
    assert any("No text could be read" in sentence for sentence in notes.lacks)
    assert notes.remember
    assert len(notes.sections) >= 4
    assert sorted(n for section in notes.sections for n in section.slides) == list(range(1, 10))
    assert not any(re.match(r"Part \d", title) for title in titles(notes))


def test_one_short_sentence() -> None:
    transcript, extraction, _, _ = build({"slides": [], "script": [{"slide": 1, "say": ["Hello there."]}]})
    empty = SlideExtraction(slides=(), duration_s=extraction.duration_s)
    notes = analyze(transcript, empty, (), fallback_title="Recording")
    assert (notes.title, len(notes.sections), notes.remember) == ("Recording", 1, ())
    nothing = Transcript(language="en", model="m", sentences=(), duration_s=3)
    assert analyze(nothing, empty, (), fallback_title="Recording").sections == ()


GERMAN = {
    "slides": [
        {"number": 1, "lines": [["Die Zelle", 60], ["Zellkern und Membran", 30]]},
        {"number": 2, "lines": [["Mitochondrien", 60], ["Energie der Zelle", 30]]},
    ],
    "script": [
        {"slide": 1, "say": ["Die Zelle ist der kleinste lebende Baustein aller Organismen.",
                             "Jede Zelle hat eine Membran, die das Innere vom Äußeren trennt.",
                             "Der Zellkern enthält fast das gesamte Erbgut der Zelle."]},
        {"slide": 2, "say": ["Die Mitochondrien liefern den größten Teil der Energie.",
                             "In den Mitochondrien wird Zucker mit Sauerstoff zu Wasser verbrannt.",
                             "Ohne Mitochondrien könnte keine Muskelzelle lange arbeiten."]},
    ],
}  # fmt: skip


def test_another_language_is_ranked_and_said_so(embedder: Embed) -> None:
    notes = notes_of(GERMAN, embedder, language="de")
    assert titles(notes) == ["Die Zelle", "Mitochondrien"]
    assert notes.remember
    assert any("another language" in sentence for sentence in notes.lacks)
    questions = [q.question for section in notes.sections for q in section.questions]
    assert all("_____" in question for question in questions)


def test_unsure_recognition_lowers_confidence_and_is_said() -> None:
    transcript, extraction, texts, _ = build(load("hash_tables"))
    mumbled = transcript.model_copy(
        update={
            "sentences": tuple(
                s.model_copy(
                    update={"words": tuple(w.model_copy(update={"probability": 0.4}) for w in s.words)}
                )
                for s in transcript.sentences
            )
        }
    )
    clear = analyze(transcript, extraction, texts, fallback_title="r")
    unclear = analyze(mumbled, extraction, texts, fallback_title="r")
    assert unclear.confidence < clear.confidence - 0.2
    assert any("hard to recognise" in sentence for sentence in unclear.lacks)


def test_same_input_same_notes(embedder: Embed) -> None:
    assert notes_of(load("membranes"), embedder) == notes_of(load("membranes"), embedder)
    round_trip = LectureNotes.model_validate(notes_of(load("sleep"), None).model_dump(mode="json"))
    assert round_trip == notes_of(load("sleep"), None)
