"""The study guide as Markdown (CommonMark), for notebooks, wikis and version control."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from app.lectures.model import LectureNotes, SlideExtraction, SlideText
from app.lectures.rendering.text import markdown as md
from app.lectures.rendering.view import UNSURE, Guide, Reference, SectionView, SlideView, study_guide


def study_guide_markdown(
    notes: LectureNotes,
    extraction: SlideExtraction | None,
    texts: Sequence[SlideText],
    *,
    image_folder: str,
    recording_url: str | None,
) -> str:
    """The guide as one Markdown document; pictures are linked as `<image_folder>/<file>`.

    All text of the lecture is escaped. BadInput if `recording_url` is no web address.
    """
    guide = study_guide(notes, extraction, texts, recording_url=recording_url)
    return "\n\n".join(_blocks(guide, image_folder.rstrip("/"))) + "\n"


def _blocks(guide: Guide, folder: str) -> Iterable[str]:
    yield f"# {md(guide.title)}"
    facts = list(guide.facts)
    if guide.recording_url:
        facts.append(_link("Recording", guide.recording_url))
    yield " · ".join(facts)
    for lack in guide.lacks:
        yield f"> **Lacks:** {md(lack)}"
    if guide.remember:
        yield "## To remember"
        yield "\n".join(
            f"{n}. {md(spoken.text)}{_place(spoken.at)}" for n, spoken in enumerate(guide.remember, start=1)
        )
    for section in guide.sections:
        yield from _section(section, folder)
    if guide.other_slides:
        yield "## Further slides"
        yield from (_picture(slide, folder) for slide in guide.other_slides)
    if guide.not_shown:
        yield f"## {guide.not_shown_title}"
        yield "\n".join(f"- {md(page)}" for page in guide.not_shown)
    if guide.questions:
        yield "## Answers"
        for question in guide.questions:
            yield f"**{question.number}. {md(question.question)}**"
            yield f"{md(question.answer)}{_place(question.at)}"
    if guide.transcript:
        yield "## Transcript"
        for paragraph in guide.transcript:
            if paragraph.section:
                yield f"### {md(paragraph.section)}"
            said = (md(s.text) + (f" *({UNSURE})*" if s.at.unsure else "") for s in paragraph.sentences)
            yield f"{_place(paragraph.at).strip()} {' '.join(said)}"


def _section(section: SectionView, folder: str) -> Iterable[str]:
    yield f"## {section.number}. {md(section.title)}"
    yield _linked(section.span, section.at.url)
    for slide in section.slides:
        yield _picture(slide, folder)
        if not section.essentials and slide.lines:
            yield "\n".join(f"- {md(line)}" for line in slide.lines)
    if section.essentials:
        yield "\n".join(f"- {md(spoken.text)}{_place(spoken.at)}" for spoken in section.essentials)
    if section.terms:
        yield "### Key terms"
        yield "\n".join(
            f"- **{md(term.term)}**{': ' if term.explanation else ''}{md(term.explanation)}{_place(term.at)}"
            for term in section.terms
        )
    if section.questions:
        yield "### Test yourself"
        yield "\n".join(f"{question.number}. {md(question.question)}" for question in section.questions)


def _picture(slide: SlideView, folder: str) -> str:
    address = _address(slide.image, folder)
    caption = f"Slide {slide.number}{': ' if slide.title else ''}{md(slide.title)}"
    page = f", page {slide.deck_page} of the deck" if slide.deck_page else ""
    written = f", {_link('with annotations', _address(slide.annotated, folder))}" if slide.annotated else ""
    at = _linked(slide.at.time, slide.at.url)
    return f"![{md(slide.alt)}](<{address}>)\n*{caption}* ({at}{page}{written})"


def _address(file: str, folder: str) -> str:
    return quote(f"{folder}/{file}" if folder else file)


def _place(at: Reference) -> str:
    parts = [f"Slide {at.slide}"] if at.slide is not None else []
    if at.time:
        parts.append(_linked(at.time, at.url))
    if at.unsure:
        parts.append(UNSURE)
    return f" ({' · '.join(parts)})" if parts else ""


def _linked(text: str, url: str | None) -> str:
    return _link(text, url) if url else text


def _link(text: str, url: str) -> str:
    return f"[{text}](<{url}>)"
