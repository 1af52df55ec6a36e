from __future__ import annotations

import re
import time
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from rendering_lecture import Lecture, hostile, without_slides, without_speech
from rendering_pdf import bookmarks, links, texts

from app.errors import BadInput
from app.lectures.model import Section
from app.lectures.rendering import study_guide_pdf

RECORDING = "https://lectures.example/7/recording.mp4"
SLIDES = "https://lectures.example/7/slides.pdf"


def write(
    lecture: Lecture, out: Path, recording: str | None = RECORDING, slides: str | None = SLIDES
) -> Path:
    study_guide_pdf(
        lecture.notes,
        lecture.extraction,
        lecture.texts,
        lecture.image_dir,
        out,
        recording_url=recording,
        slides_url=slides,
    )
    return out


@pytest.fixture(scope="module")
def guide(hashing: Lecture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(hashing, tmp_path_factory.mktemp("guide") / "guide.pdf")


def test_first_page_has_title_facts_things_to_remember_and_the_outline(guide: Path, hashing: Lecture) -> None:
    first = texts(guide)[0]
    assert "Hash Tables: From Keys to Places" in first
    assert "19 min · 12 slides · 4 sections · Recording · Slides" in first
    for sentence in hashing.notes.remember:
        assert sentence.text in first
    assert "Slide 3 · 03:12" in first
    assert "What this guide lacks" not in first


def test_page_numbers_in_the_outline_are_those_where_the_parts_begin(guide: Path, hashing: Lecture) -> None:
    pages = texts(guide)
    marks = bookmarks(guide)
    parts = [f"{n} {section.title}" for n, section in enumerate(hashing.notes.sections, start=1)]
    for part in [*parts, "Index of terms", "Answers", "Transcript"]:
        number = re.sub(r"^\d ", "", part)
        printed = re.search(re.escape(number) + r"[ .]*(?:\d\d:\d\d )?(\d+)\b", pages[0])
        assert printed is not None, part
        begins = int(printed[1])
        assert number in pages[begins - 1]
        assert next(page for title, page in marks.items() if number in title) == begins - 1
        assert pages[begins - 1].endswith(str(begins))


def test_every_section_has_its_slides_sentences_terms_and_questions(guide: Path, hashing: Lecture) -> None:
    body = " ".join(texts(guide)[1:])
    for section in hashing.notes.sections:
        for wanted in (*(s.text for s in section.essentials), *(q.question for q in section.questions)):
            assert wanted in body
        for term in section.terms:
            assert f"{term.term} {term.explanation}" in body
    assert "Deleting with tombstones · 11:05" in body


def test_answers_stand_on_a_later_page_than_every_question(guide: Path, hashing: Lecture) -> None:
    pages = texts(guide)
    answers = bookmarks(guide)["Answers"]
    for section in hashing.notes.sections:
        for question in section.questions:
            asked = [number for number, page in enumerate(pages) if question.question in page]
            assert min(asked) < answers
            assert max(asked) == answers
    assert f"Answer, p. {answers + 1}" in pages[1].replace("\xa0", " ")


def test_the_index_lists_every_term_with_pages_that_speak_it(guide: Path) -> None:
    pages = texts(guide)
    start = bookmarks(guide)["Index of terms"]
    listed = pages[start].partition("Index of terms")[2]
    found = {
        term: [int(number) for number in re.findall(r"\d+", numbers)]
        for term, numbers in re.findall(r"([a-z][a-z ]+?) ((?:\d+(?:, )?)+)", listed)
    }
    assert {"binary search", "hash function", "load factor", "tombstone"} <= set(found)
    for number in found["load factor"]:
        assert "load factor" in pages[number - 1].lower()
    assert len(found["load factor"]) >= 3


def test_times_link_to_the_second_and_slides_to_their_pictures(guide: Path) -> None:
    found = links(guide)
    uris = {link.uri for link in found}
    assert f"{RECORDING}#t=192" in uris
    assert f"{SLIDES}#page=8" in uris
    pages = texts(guide)
    pictured = next(n for n, page in enumerate(pages) if "Deleting with tombstones · 11:05" in page)
    assert any(link.page == 0 and link.target == pictured for link in found)


def test_the_whole_transcript_is_appended(guide: Path, hashing: Lecture) -> None:
    pages = texts(guide)[bookmarks(guide)["Transcript"] :]
    footer = re.compile(re.escape(hashing.notes.title) + r" \d+$")
    appendix = " ".join(footer.sub("", page).strip() for page in pages).partition("Transcript")[2]
    for wanted in (*hashing.notes.sections, *hashing.notes.sentences):
        assert (wanted.title if isinstance(wanted, Section) else wanted.text) in appendix


def test_it_is_tagged_and_conforms_to_pdf_ua(guide: Path) -> None:
    assert b"pdfuaid:part" in guide.read_bytes()
    with pdfium.PdfDocument(guide) as document:
        assert document.is_tagged()
        assert document.get_metadata_dict()["Title"] == "Hash Tables: From Keys to Places"


def test_a_recording_without_speech_shows_the_words_of_the_slides(hashing: Lecture, tmp_path: Path) -> None:
    pages = texts(write(without_speech(hashing), tmp_path / "guide.pdf", recording=None))
    whole = " ".join(pages)
    assert "The recording has no speech" in pages[0]
    assert "An empty place would cut the chain" in whole
    assert "Transcript" not in whole
    assert "To remember" not in whole.lower()
    assert len(pages) < 7


def test_a_recording_without_slides_speaks_of_none(hashing: Lecture, tmp_path: Path) -> None:
    pages = texts(write(without_slides(hashing), tmp_path / "guide.pdf"))
    assert "The recording shows no slides." in pages[0]
    assert hashing.notes.sentences[4].text in pages[1]
    assert not re.search(r"Slide\s\d", " ".join(pages))


def test_neither_speech_nor_slides_still_makes_a_page(hashing: Lecture, tmp_path: Path) -> None:
    pages = texts(write(without_slides(without_speech(hashing)), tmp_path / "guide.pdf"))
    assert len(pages) == 1


@pytest.mark.filterwarnings("error")
def test_text_that_looks_like_code_is_set_as_it_stands(hashing: Lecture, tmp_path: Path) -> None:
    nasty = hostile(hashing)
    pages = texts(write(nasty, tmp_path / "guide.pdf"))
    whole = " ".join(pages)
    for text in ("#import", "$x^2$", "<script>alert(1)</script>", "](javascript:alert(2))", "]]}[ #panic("):
        assert text in whole
    assert "∀ε>0 ∃δ: ∫₀^∞ 𝔽 ≤ √π ⊗ ∇" in pages[0]
    assert "😀" in whole or "[grinning face]" in whole
    assert not any("javascript" in (link.uri or "") for link in links(tmp_path / "guide.pdf"))


def test_what_is_too_long_for_a_line_or_a_page_is_broken(hashing: Lecture, tmp_path: Path) -> None:
    endless = " ".join(f"word{n}" for n in range(2500)) + " " + "x" * 400 + " end"
    said = tuple(s.model_copy(update={"text": endless}) for s in hashing.notes.remember[:1])
    lines = hashing.texts[0].lines * 60
    bare = without_speech(hashing)
    nasty = bare._replace(
        notes=bare.notes.model_copy(update={"remember": said}),
        texts=tuple(text.model_copy(update={"lines": lines}) for text in hashing.texts),
    )
    out = write(nasty, tmp_path / "guide.pdf")
    with pdfium.PdfDocument(out) as document:
        for page in document:
            found = page.get_textpage()
            boxes = [found.get_charbox(index) for index in range(found.count_chars())]
            assert min(box[1] for box in boxes) > 30
            assert max(box[2] for box in boxes) < 560
    assert "word2499" in " ".join(texts(out))


def test_links_that_are_no_web_address_are_refused(hashing: Lecture, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="web address"):
        write(hashing, tmp_path / "guide.pdf", recording="javascript:alert(1)")


def test_the_same_notes_give_the_same_bytes(guide: Path, hashing: Lecture, tmp_path: Path) -> None:
    assert write(hashing, tmp_path / "again.pdf").read_bytes() == guide.read_bytes()


def test_a_long_lecture_compiles_in_seconds(hashing: Lecture, tmp_path: Path) -> None:
    sentences = tuple(
        sentence.model_copy(update={"index": index, "start_s": index * 5.0, "end_s": index * 5.0 + 5})
        for index, sentence in enumerate(hashing.notes.sentences * 55)
    )
    long = hashing._replace(notes=hashing.notes.model_copy(update={"sentences": sentences}))
    assert sum(len(sentence.text.split()) for sentence in sentences) > 20_000
    begun = time.process_time()
    out = write(long, tmp_path / "guide.pdf")
    assert time.process_time() - begun < 15
    assert out.stat().st_size < 3_000_000
