"""The study guide as it reads, before any format: titles, times, links and cross references.

Text in a view is clean (printable, one line) and not yet escaped; every format escapes for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.lectures.analysis.headings import slide_titles
from app.lectures.model import (
    AlignedSentence,
    LectureNotes,
    Section,
    Slide,
    SlideExtraction,
    SlideText,
    Term,
    TextLine,
)
from app.lectures.rendering import text as t
from app.lectures.rendering.index import IndexEntry, index_of
from app.lectures.slide_text import content_lines

# A paragraph of the transcript ends with its slide or section, and at a sentence end after so long.
PARAGRAPH_S = 60.0
# Screen readers read an alternative text in one breath; the rest of a full slide is in the guide.
LONGEST_ALT = 600
UNSURE = "heard unclearly"


@dataclass(frozen=True)
class Reference:
    """Where something was said: second, its `mm:ss`, link into the recording, slide in view.

    `unsure`: the recogniser likely misheard words there, so that one should listen for oneself.
    """

    second: float | None
    time: str
    url: str | None
    slide: int | None
    unsure: bool = False


@dataclass(frozen=True)
class Spoken:
    index: int
    text: str
    at: Reference


@dataclass(frozen=True)
class SlideView:
    """`anchor`: the slide's first picture in the guide, to which references to the slide lead."""

    number: int
    title: str
    at: Reference
    image: str
    width: int
    height: int
    alt: str
    lines: tuple[str, ...]
    page_url: str | None
    deck_page: int | None = None
    annotated: str | None = None
    anchor: bool = False


@dataclass(frozen=True)
class TermView:
    key: str
    term: str
    explanation: str
    at: Reference


@dataclass(frozen=True)
class QuestionView:
    number: int
    question: str
    answer: str
    at: Reference


@dataclass(frozen=True)
class SectionView:
    number: int
    title: str
    at: Reference
    span: str
    slides: tuple[SlideView, ...]
    essentials: tuple[Spoken, ...]
    terms: tuple[TermView, ...]
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True)
class Paragraph:
    """Consecutive sentences about one slide; `section` is set where a section begins."""

    at: Reference
    section: str | None
    sentences: tuple[Spoken, ...]


@dataclass(frozen=True)
class Guide:
    title: str
    language: str
    facts: tuple[str, ...]
    recording_url: str | None
    slides_url: str | None
    remember: tuple[Spoken, ...]
    sections: tuple[SectionView, ...]
    other_slides: tuple[SlideView, ...]
    index: tuple[IndexEntry, ...]
    transcript: tuple[Paragraph, ...]
    lacks: tuple[str, ...]
    not_shown: tuple[str, ...]
    not_shown_title: str  # what words alone do not tell is not said

    @property
    def questions(self) -> tuple[QuestionView, ...]:
        return tuple(question for section in self.sections for question in section.questions)


def study_guide(
    notes: LectureNotes,
    extraction: SlideExtraction | None,
    texts: Sequence[SlideText],
    *,
    recording_url: str | None = None,
    slides_url: str | None = None,
) -> Guide:
    """Put notes, slides and their texts together. BadInput for a link that is no web address."""
    return _Builder(notes, extraction, texts, t.safe_url(recording_url), t.safe_url(slides_url)).guide()


class _Builder:
    def __init__(
        self,
        notes: LectureNotes,
        extraction: SlideExtraction | None,
        texts: Sequence[SlideText],
        recording_url: str | None,
        slides_url: str | None,
    ) -> None:
        self.notes = notes
        self.recording_url = recording_url
        self.slides_url = slides_url
        titles, lines = slide_titles(texts), content_lines(texts)
        found = extraction.slides if extraction else ()
        self.slides = {
            slide.number: self.slide(slide, titles.get(slide.number, ""), lines.get(slide.number, ()), page)
            for page, slide in enumerate(found, start=1)
        }
        self.unsure = {sentence.index for sentence in notes.sentences if sentence.unsure}
        self.questions_so_far = 0
        self.placed: set[int] = set()

    def guide(self) -> Guide:
        notes = self.notes
        sections = tuple(self.section(number, part) for number, part in enumerate(notes.sections, start=1))
        counts = (len(self.slides), "slide"), (len(sections), "section")
        return Guide(
            title=t.clean(notes.title) or "Untitled lecture",
            language=t.language(notes.language),
            facts=(t.duration(notes.duration_s), *(t.plural(n, noun) for n, noun in counts if n)),
            recording_url=self.recording_url,
            slides_url=self.slides_url if self.slides else None,
            remember=self.spoken(notes.remember),
            sections=sections,
            other_slides=self.pictures(n for n in self.slides if n not in self.placed),
            index=index_of(notes),
            transcript=tuple(self.paragraphs()),
            lacks=tuple(t.clean(lack) for lack in notes.lacks),
            not_shown=tuple(t.clean(page) for page in notes.not_shown),
            not_shown_title=f"Pages of the deck that were not {'shown' if notes.on_screen else 'spoken to'}",
        )

    def at(self, second: float | None, slide: int | None, *, unsure: bool = False) -> Reference:
        return Reference(
            second=second,
            time="" if second is None else t.clock(second),
            url=t.at_second(self.recording_url, second),
            slide=slide if slide in self.slides else None,
            unsure=unsure,
        )

    def spoken(self, sentences: Iterable[AlignedSentence]) -> tuple[Spoken, ...]:
        return tuple(
            Spoken(s.index, t.clean(s.text), self.at(s.start_s, s.slide, unsure=s.unsure)) for s in sentences
        )

    def slide(self, slide: Slide, title: str, read: Sequence[TextLine], page: int) -> SlideView:
        lines = tuple(filter(None, (t.clean(line.text) for line in read)))
        first_s = slide.intervals[0].start_s if slide.intervals else slide.frame_s
        words = t.shorten("; ".join(lines), LONGEST_ALT)
        return SlideView(
            number=slide.number,
            title=t.clean(title),
            at=Reference(first_s, t.clock(first_s), t.at_second(self.recording_url, first_s), slide.number),
            image=slide.image,
            width=slide.width,
            height=slide.height,
            alt=f"Slide {slide.number}: {words}" if words else f"Slide {slide.number}, without text",
            lines=lines,
            page_url=f"{self.slides_url}#page={page}" if self.slides_url else None,
            deck_page=slide.page,
            annotated=slide.annotated,
        )

    def pictures(self, numbers: Iterable[int]) -> tuple[SlideView, ...]:
        known = [number for number in dict.fromkeys(numbers) if number in self.slides]
        shown = tuple(replace(self.slides[n], anchor=n not in self.placed) for n in known)
        self.placed.update(known)
        return shown

    def section(self, number: int, part: Section) -> SectionView:
        questions = tuple(
            QuestionView(n, t.clean(q.question), t.clean(q.answer), self.at(q.start_s, q.slide))
            for n, q in enumerate(part.questions, start=self.questions_so_far + 1)
        )
        self.questions_so_far += len(questions)
        return SectionView(
            number=number,
            title=t.clean(part.title) or f"Part {number}",
            at=self.at(part.interval.start_s, None),
            span=t.span(part.interval.start_s, part.interval.end_s),
            slides=self.pictures(part.slides),
            essentials=self.spoken(part.essentials),
            terms=tuple(self.term(number, n, term) for n, term in enumerate(part.terms, start=1)),
            questions=questions,
        )

    def term(self, section: int, number: int, term: Term) -> TermView:
        return TermView(
            key=f"{section}-{number}",
            term=t.clean(term.term),
            explanation=t.clean(term.explanation),
            at=self.at(term.start_s, term.slide, unsure=term.sentence in self.unsure),
        )

    def paragraphs(self) -> Iterable[Paragraph]:
        starts = [(section.interval.start_s, t.clean(section.title)) for section in self.notes.sections]
        current: list[AlignedSentence] = []
        heading: str | None = None
        for sentence in self.notes.sentences:
            passed = None
            while starts and sentence.end_s > starts[0][0]:
                passed = starts.pop(0)[1]
            if current and (
                passed is not None
                or sentence.slide != current[0].slide
                or sentence.start_s - current[0].start_s > PARAGRAPH_S
            ):
                yield self.paragraph(current, heading)
                current, heading = [], None
            heading = passed or heading
            current.append(sentence)
        if current:
            yield self.paragraph(current, heading)

    def paragraph(self, sentences: Sequence[AlignedSentence], heading: str | None) -> Paragraph:
        first = sentences[0]
        return Paragraph(self.at(first.start_s, first.slide), heading, self.spoken(sentences))
