from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from rendering_lecture import NASTY, NASTY_TITLE, SPOKEN, Lecture, hostile, without_slides, without_speech

from app.errors import BadInput
from app.lectures.model import AlignedSentence, Section
from app.lectures.rendering import study_guide_html, study_guide_markdown, terms_json
from app.lectures.rendering.text import at_second, clean, clock, duration, markdown, safe_url

RECORDING = "https://lectures.example/7/recording.mp4"


class Page(HTMLParser):
    """Elements of a page as (tag, attributes), and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def html(lecture: Lecture, recording: str | None = RECORDING) -> Page:
    page = study_guide_html(
        lecture.notes, lecture.extraction, lecture.texts, image_folder="slides", recording_url=recording
    )
    return Page(page)


def md(lecture: Lecture, recording: str | None = RECORDING) -> str:
    return study_guide_markdown(
        lecture.notes, lecture.extraction, lecture.texts, image_folder="slides", recording_url=recording
    )


def test_the_page_is_well_formed_and_every_reference_in_it_leads_somewhere(hashing: Lecture) -> None:
    page = html(hashing)
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for a in page.all("a") if (a["href"] or "").startswith("#")}
    assert targets <= set(ids)
    assert {"slide-12", "section-4", "answers", "index", "transcript", "term-2-3"} <= set(ids)
    assert [image["src"] for image in page.all("img")][7] == "slides/slide-008.png"
    assert all(image["alt"] for image in page.all("img"))


def test_a_slide_that_was_written_on_leads_to_that_picture_too(hashing: Lecture) -> None:
    first, *others = hashing.extraction.slides
    slides = (first.model_copy(update={"annotated": "ink 1.png"}), *others)
    found = hashing.extraction.model_copy(update={"slides": slides})
    assert "slides/ink%201.png" in [a["href"] for a in html(hashing._replace(extraction=found)).all("a")]
    text = study_guide_markdown(hashing.notes, found, (), image_folder="slides", recording_url=None)
    assert "[with annotations](<slides/ink%201.png>)" in text


def test_every_sentence_carries_its_second_and_slide_and_times_play_the_recording(hashing: Lecture) -> None:
    page = html(hashing)
    spans = [a for a in page.all("span") if (a.get("id") or "").startswith("said-")]
    assert [(a["data-second"], a["data-slide"]) for a in spans[:3]] == [
        ("2.0", "1"),
        ("49.5", "1"),
        ("97.0", "2"),
    ]
    assert len(spans) == len(SPOKEN)
    assert {"class": "time", "href": f"{RECORDING}#t=192", "data-second": "192.0"} in page.all("a")
    assert page.all("video")[0]["src"] == RECORDING
    assert html(hashing, "talk.mp3").all("audio")


def test_answers_come_after_all_questions_and_the_transcript_last(hashing: Lecture) -> None:
    for text in (html(hashing).text.partition("Test yourself")[2], md(hashing).partition("Test yourself")[2]):
        answers, transcript = text.index("Answers"), text.rindex("Transcript")
        for section in hashing.notes.sections:
            for question in section.questions:
                assert text.index(question.question) < answers < text.rindex(question.question) < transcript


def test_what_the_guide_lacks_stands_between_what_to_remember_and_the_first_section(hashing: Lecture) -> None:
    text = html(without_slides(hashing), None).text
    first = text.index("In the speaker’s words")
    assert text.index("To remember") < text.index("What this guide lacks") < first


@pytest.mark.parametrize("without", [without_speech, without_slides])
def test_what_is_missing_leaves_no_trace_but_the_notice(
    hashing: Lecture, without: Callable[[Lecture], Lecture]
) -> None:
    lecture = without(hashing)
    page = html(lecture, None)
    assert lecture.notes.lacks[0] in page.text
    assert lecture.notes.lacks[0] in md(lecture)
    assert page.open == []
    assert not page.all("video")
    assert not page.all("script")
    if without is without_slides:
        assert not page.all("img")
        assert not re.search(r"Slide \d", page.text)
    else:
        assert "An empty place would cut the chain" in page.text
        assert "An empty place would cut the chain" in md(lecture).replace("Slide 8:", "")
        assert "Test yourself" not in page.text


def test_hostile_text_stays_text_in_html(hashing: Lecture) -> None:
    page = html(hostile(hashing))
    assert page.open == []
    assert len(page.all("script")) == 1
    for nasty in (NASTY_TITLE, *NASTY):
        assert clean(nasty) in page.text
    assert not any("javascript" in (a["href"] or "") for a in page.all("a"))
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_hostile_text_stays_text_in_markdown(hashing: Lecture) -> None:
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(md(hostile(hashing)))
    page = Page(rendered)
    for nasty in (NASTY_TITLE, *NASTY):
        assert clean(nasty) in page.text
    assert {a["href"].partition("#")[0] for a in page.all("a")} == {RECORDING}
    assert not page.all("script")
    assert not page.all("code")
    assert {image["src"].partition("/")[0] for image in page.all("img")} == {"slides"}


def test_markdown_links_every_essential_sentence_to_its_second(hashing: Lecture) -> None:
    text = md(hashing)
    assert f"- {SPOKEN[4]} (Slide 3 · [03:12](<{RECORDING}#t=192>))" in text.splitlines()
    assert "![Slide 8: Deleting with tombstones; An empty place" in text
    assert "](<slides/slide-008.png>)" in text
    assert "- **tombstone**: A tombstone marks" in text


def test_terms_are_one_entry_each_with_all_places(hashing: Lecture) -> None:
    terms = json.loads(json.dumps(terms_json(hashing.notes)))["terms"]
    names = [term["term"] for term in terms]
    assert len(names) == len(set(names)) == 8
    load = terms[names.index("load factor")]
    assert load["explanation"] == SPOKEN[9]
    assert (load["time"], load["slide"]) == ("07:09", 5)
    assert [section["number"] for section in load["sections"]] == [2, 4]
    assert load["mentions"] == sorted(load["mentions"])
    assert [term["start_s"] for term in terms] == sorted(term["start_s"] for term in terms)


def test_a_slide_shown_in_two_sections_is_anchored_once(hashing: Lecture) -> None:
    first: Section = hashing.notes.sections[0]
    again = first.model_copy(update={"title": "Back again", "essentials": (), "terms": (), "questions": ()})
    notes = hashing.notes.model_copy(update={"sections": (*hashing.notes.sections, again)})
    figures = html(hashing._replace(notes=notes)).all("figure")
    assert len(figures) == 15
    assert [figure["id"] for figure in figures if "id" in figure] == [f"slide-{n}" for n in range(1, 13)]


def test_a_transcript_paragraph_ends_with_its_section_slide_or_minute(hashing: Lecture) -> None:
    said = tuple(
        AlignedSentence(index=n, text=f"s{n}", start_s=n * 20.0, end_s=n * 20.0 + 5, slide=1, confidence=1)
        for n in range(9)
    )
    notes = hashing.notes.model_copy(update={"sentences": said, "sections": hashing.notes.sections[:1]})
    transcript = md(hashing._replace(notes=notes)).partition("## Transcript")[2].strip().split("\n\n")
    assert transcript[0] == "### From searching to computing"
    assert [re.findall(r"s\d", paragraph.rpartition(")")[2]) for paragraph in transcript[1:]] == [
        ["s0", "s1", "s2", "s3"],
        ["s4", "s5", "s6", "s7"],
        ["s8"],
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "00:00"), (59.99, "00:59"), (3599, "59:59"), (3600, "1:00:00"), (-3, "00:00")]
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_durations_and_links() -> None:
    assert [duration(s) for s in (42, 1140, 3599, 7500)] == ["42 s", "19 min", "1 h 00 min", "2 h 05 min"]
    assert at_second("a.mp4#t=1", 751.9) == "a.mp4#t=751"
    assert at_second(None, 3) is None
    assert safe_url('/a b">.mp4?x=1') == "/a%20b%22%3E.mp4?x=1"
    for bad in ("javascript:alert(1)", " JaVaScript:x", "data:text/html,x", "file:///etc/passwd", "http://["):
        with pytest.raises(BadInput):
            safe_url(bad)


@pytest.mark.parametrize(
    "text", ["1. x", "- x", "+ x", "= x", "a *b* [c](d) <e> `f` | ~~g~~ # h", "&amp; \\", "12) y"]
)
def test_markdown_shows_text_as_it_stands(text: str) -> None:
    rendered = Page(MarkdownIt("gfm-like", {"linkify": False}).render(markdown(text)))
    assert rendered.text == text
    assert [tag for tag, _ in rendered.elements] == ["p"]


def test_what_was_heard_unclearly_says_so_wherever_it_is_cited(hashing: Lecture) -> None:
    notes = hashing.notes
    cited = notes.remember[0].index
    term = next(term for section in notes.sections for term in section.terms if term.sentence is not None)
    doubtful = {cited, term.sentence}

    def marked(sentences: Iterable[AlignedSentence]) -> tuple[AlignedSentence, ...]:
        return tuple(s.model_copy(update={"unsure": s.index in doubtful}) for s in sentences)

    unsure = notes.model_copy(
        update={"sentences": marked(notes.sentences), "remember": marked(notes.remember)}
    )
    lecture = hashing._replace(notes=unsure)
    first = next(line for line in md(lecture).splitlines() if line.startswith("1. "))
    assert first.endswith("heard unclearly)")
    assert "heard unclearly" in next(
        line for line in md(lecture).splitlines() if line.startswith(f"- **{term.term}**")
    )
    transcript = md(lecture).split("## Transcript")[1]
    assert transcript.count("*(heard unclearly)*") == len(doubtful)
    assert html(lecture).text.count("(heard unclearly)") == len(doubtful)
    assert "heard unclearly" not in md(hashing) + html(hashing).text
