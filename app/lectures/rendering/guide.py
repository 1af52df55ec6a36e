"""The study guide as PDF, for reading and for printing before an exam."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.lectures.model import LectureNotes, SlideExtraction, SlideText
from app.lectures.rendering.pictures import shrink_into
from app.lectures.rendering.typesetting import typeset
from app.lectures.rendering.view import study_guide

# Pixels. A picture is printed at most 12 cm wide, mostly 8 cm: 210 to 320 dots an inch.
PICTURE_WIDTH = 1000
PICTURE_QUALITY = 82


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
        out.write_bytes(typeset("guide.typ", asdict(guide), Path(folder)))
