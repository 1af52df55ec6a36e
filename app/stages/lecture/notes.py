"""What the lecture says: speech aligned with slides, sections, terms, essentials, questions."""

from __future__ import annotations

from pathlib import PurePath

from app.errors import BadInput
from app.lectures.analysis import analyze
from app.lectures.embedding import Remembering, SentenceEmbedder
from app.lectures.model import SlideExtraction, Transcript
from app.stages.lecture.pictures import known
from app.stages.work import Product, Work


def analyze_content(work: Work) -> Product:
    """Notes from whatever the stages before could get; BadInput when that is nothing at all."""
    prepared = work.input("prepare")
    slides, read, heard = work.input("extract_slides"), work.input("read_slides"), work.input("transcribe")
    assert prepared is not None
    if slides is None and heard is None:
        raise BadInput("Neither slides nor speech could be got out of this recording.")
    extraction, texts, _ = known(work)
    if extraction is None:
        extraction = SlideExtraction(slides=(), duration_s=prepared["media"]["duration_s"])
    transcript = work.load(Transcript, heard["transcript"]) if heard is not None else None
    if transcript is not None and not transcript.sentences:
        transcript = None
    lost = {
        "The slides could not be extracted.": slides is None,
        "The text on the slides could not be read.": slides is not None and read is None,
        "The speech could not be transcribed.": heard is None,
        "The deck could not be used.": work.deck is not None and work.input("align_deck") is None,
    }
    work.report(0.1, "finding sections, terms and what matters")
    given_name = prepared["fetched_name"] or work.source.get("filename", "")
    filename = PurePath(given_name or work.title).stem.replace("_", " ").strip()
    aligned = work.input("align_deck")
    learnt = aligned.get("embedded") if aligned is not None else None  # a worker of before has not kept it
    notes = analyze(
        transcript,
        extraction,
        texts,
        fallback_title=filename or "Lecture",
        lacks=[sentence for sentence, is_so in lost.items() if is_so],
        embed=Remembering(SentenceEmbedder(threads=2), work.load_value(learnt) if learnt else None),
    )
    if aligned is not None:
        pages = [f"Page {p['page']}: {p['title']}".removesuffix(": ") for p in aligned["not_shown"]]
        seen = aligned.get("on_screen", True)  # a worker of before does not say
        notes = notes.model_copy(update={"not_shown": tuple(pages), "on_screen": seen})
    if work.title and work.title != work.source.get("filename"):
        notes = notes.model_copy(update={"title": work.title})  # whoever submitted it knows best
    result = {
        "notes": work.put_value(notes),
        "sections": len(notes.sections),
        "terms": sum(len(section.terms) for section in notes.sections),
    }
    return Product(result)
