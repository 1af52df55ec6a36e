"""The files that a job gives to its owner: slides as PDF, captions, the study guide."""

from __future__ import annotations

import json

from app.jobs.model import Json
from app.lectures import captions, rendering
from app.lectures.model import LectureNotes, SpokenPage, Transcript
from app.lectures.rendering.text import clock
from app.stages.lecture.pictures import FOLDER, known, laid_out
from app.stages.work import Product, Work


def generate_pdf(work: Work) -> Product:
    """The deck as a PDF whose text can be searched; nothing when there are no slides."""
    extraction, texts, found = known(work)
    if extraction is None or not extraction.slides:
        return Product({"artifacts": []})
    out = work.folder / "slides.pdf"
    work.report(0.1, "writing the slides")
    rendering.slide_pdf(extraction, texts, laid_out(work, found), out, title=work.title or "Slides")
    return Product({"artifacts": [work.artifact(out, out.name)]})


def generate_captions(work: Work) -> Product:
    """Transcript and captions; nothing when nobody speaks."""
    heard = work.input("transcribe")
    if heard is None:
        return Product({"artifacts": []})
    transcript = work.load(Transcript, heard["transcript"])
    entries: list[Json] = [
        {"text": s.text, "start_s": s.start_s, "end_s": s.end_s, "words": [w.model_dump() for w in s.words]}
        for s in transcript.sentences
    ]
    aligned = work.input("align_deck")
    if aligned is not None:
        for spoken in work.load_list(SpokenPage, aligned["pages"]):
            entries[spoken.index]["page"] = spoken.page
    whole = transcript.model_dump(mode="json", exclude={"sentences"}) | {"sentences": entries}
    artifacts = [
        _json(work, "transcript.json", whole),
        _written(work, "transcript.txt", _plain(transcript)),
        _written(work, "captions.vtt", captions.webvtt(transcript)),
        _written(work, "captions.srt", captions.subrip(transcript)),
    ]
    return Product({"artifacts": artifacts})


def _plain(transcript: Transcript) -> str:
    """One line a sentence: `[mm:ss] text`, hours in front when there are any."""
    return "".join(f"[{clock(s.start_s)}] {' '.join(s.text.split())}\n" for s in transcript.sentences)


def generate_study_guide(work: Work) -> Product:
    """The study guide as PDF, Markdown and HTML, its chapters and key terms."""
    prepared, analysed = work.input("prepare"), work.input("analyze_content")
    assert prepared is not None
    assert analysed is not None
    notes = work.load(LectureNotes, analysed["notes"])
    extraction, texts, found = known(work)
    folder = laid_out(work, found)
    recording = None
    if work.options.public_url:
        recording = f"{work.options.public_url.rstrip('/')}/api/recordings/{prepared['digest']}"
    work.report(0.1, "setting the study guide")
    pdf = work.folder / "study_guide.pdf"
    rendering.study_guide_pdf(notes, extraction, texts, folder, pdf, recording_url=recording, slides_url=None)
    work.report(0.8, "writing the other forms")
    markdown = rendering.study_guide_markdown(
        notes, extraction, texts, image_folder=FOLDER, recording_url=recording
    )
    beside = recording or "../recording"  # as the API serves the page; works without PUBLIC_URL, too
    html = rendering.study_guide_html(notes, extraction, texts, image_folder=FOLDER, recording_url=beside)
    chapters = captions.chapters_webvtt([(s.title, s.interval) for s in notes.sections])
    artifacts = [
        work.artifact(pdf, pdf.name),
        _written(work, "study_guide.md", markdown),
        _written(work, "study_guide.html", html),
        _written(work, "chapters.vtt", chapters),
        _json(work, "terms.json", rendering.terms_json(notes)),
        _json(work, "notes.json", notes.model_dump(mode="json")),
    ]
    return Product({"artifacts": artifacts})


def _written(work: Work, name: str, text: str) -> Json:
    path = work.folder / name
    path.write_text(text, encoding="utf-8")
    return work.artifact(path, name)


def _json(work: Work, name: str, value: Json) -> Json:
    return _written(work, name, json.dumps(value, ensure_ascii=False, indent=1))
