"""Slides out of the recording, and the text on each."""

from __future__ import annotations

from app.errors import BadMedia
from app.lectures.model import MediaInfo, SlideExtraction
from app.lectures.ocr import SlideReader
from app.lectures.slides import extract
from app.stages.lecture.pictures import FOLDER, listing, rows
from app.stages.work import Product, Work


def extract_slides(work: Work) -> Product:
    """Every distinct slide with its times and picture."""
    prepared = work.input("prepare")
    assert prepared is not None
    media = MediaInfo.model_validate(prepared["media"])
    folder = work.folder / FOLDER
    folder.mkdir()
    if media.has_video:
        recording = work.storage.path(prepared["digest"])
        found = extract(recording, folder, progress=work.progress("looking for slides"))
    else:
        warning = "The recording has no picture, so there are no slides."
        found = SlideExtraction(slides=(), duration_s=media.duration_s, warnings=(warning,))
    pictures = [work.artifact(folder / slide.image, f"{FOLDER}/{slide.image}") for slide in found.slides]
    digests = {slide.image: picture["digest"] for slide, picture in zip(found.slides, pictures, strict=True)}
    result = {
        "extraction": work.put_value(found),
        "slides": rows(found.slides, digests),
        "artifacts": [listing(work, found), *pictures],
        "warnings": list(found.warnings),
    }
    return Product(result)


def read_slides(work: Work) -> Product:
    """What is written on each distinct slide, read once."""
    extracted = work.input("extract_slides")
    assert extracted is not None
    progress = work.progress("reading the slides")
    texts = []
    with SlideReader(work.options.ocr_language) as reader:
        for done, row in enumerate(extracted["slides"], start=1):
            try:
                texts.append(reader.read(work.storage.path(row["digest"]), number=row["number"]))
            except OSError as error:
                raise BadMedia("A slide's picture cannot be read.") from error
            progress(done / len(extracted["slides"]))
    result = {
        "texts": work.put_value(texts),
        "slide_texts": {str(text.number): text.text for text in texts},
    }
    return Product(result)
