"""The study guide as PDF, for reading and for printing before an exam."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pypdfium2 as pdfium

from app.lectures.model import LectureNotes, SlideExtraction, SlideText
from app.lectures.rendering.pictures import shrink_into
from app.lectures.rendering.typesetting import typeset
from app.lectures.rendering.view import study_guide

# Pixels. A picture is printed at most 10.4 cm wide, mostly 7.8 cm: 235 to 315 dots an inch. Half of
# 1920, so that a JPEG of that width is halved while it is decoded.
PICTURE_WIDTH = 960
PICTURE_QUALITY = 82
# A last page with fewer letters than this, a few lines, is won back by a slightly tighter transcript.
FEWEST_LETTERS = 700


def study_guide_pdf(
    notes: LectureNotes,
    extraction: SlideExtraction | None,
    texts: Sequence[SlideText],
    image_dir: Path,
    out: Path,
    *,
    recording_url: str | None,
    slides_url: str | None,
) -> None:
    """Write the guide to `out` as A4 PDF, tagged and with bookmarks; the same input, the same bytes.

    Times link to `recording_url#t=SECONDS`, pictures to `slides_url#page=N`; without those addresses
    they are plain text. BadInput for a link that is no web address or a picture that is missing.
    """
    guide = study_guide(notes, extraction, texts, recording_url=recording_url, slides_url=slides_url)
    slides = {slide.number: slide for section in guide.sections for slide in section.slides}
    slides.update((slide.number, slide) for slide in guide.other_slides)
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        shrink_into(Path(folder), slides.values(), image_dir, widest=PICTURE_WIDTH, quality=PICTURE_QUALITY)
        pdf = typeset("guide.typ", asdict(guide) | {"tight": False}, Path(folder))
        if guide.transcript and _letters_on_last_page(pdf) < FEWEST_LETTERS:
            pdf = typeset("guide.typ", asdict(guide) | {"tight": True}, Path(folder))
        out.write_bytes(pdf)


def _letters_on_last_page(pdf: bytes) -> int:
    with pdfium.PdfDocument(pdf) as document:
        last: int = document[len(document) - 1].get_textpage().count_chars()
        return last
