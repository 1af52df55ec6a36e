"""The slides as the stages hand them on: an extraction, what is written on each, and rows with pictures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.jobs.model import Json
from app.lectures.model import Slide, SlideExtraction, SlideText
from app.lectures.slides import write_listing
from app.stages.work import Work

FOLDER = "slides"  # where the pictures lie beside the documents that show them


def rows(slides: Sequence[Slide], digests: Mapping[str, str]) -> list[Json]:
    """What the database keeps of each slide; `digests` of the pictures by their names."""
    return [
        {
            "number": slide.number,
            "intervals": [[i.start_s, i.end_s] for i in slide.intervals],
            "start_s": slide.intervals[0].start_s,
            "end_s": slide.intervals[-1].end_s,
            "digest": digests[slide.image],
            "width": slide.width,
            "height": slide.height,
            "image_name": slide.image,
            "deck_page": slide.page,
            "annotated_name": slide.annotated,
        }
        for slide in slides
    ]


def listing(work: Work, extraction: SlideExtraction) -> Json:
    """The artifact `slides.json`."""
    return work.artifact(write_listing(extraction, work.folder, image_folder=FOLDER), "slides.json")


def known(work: Work) -> tuple[SlideExtraction | None, list[SlideText], list[Json]]:
    """The slides, their texts and rows, as the last stage that could say something of them has them."""
    for stage in ("align_deck", "match_deck"):
        found = work.input(stage)
        if found is not None:
            texts = work.load_list(SlideText, found["texts"])
            return work.load(SlideExtraction, found["extraction"]), texts, found["slides"]
    extracted, read = work.input("extract_slides"), work.input("read_slides")
    if extracted is None:
        return None, [], []
    texts = work.load_list(SlideText, read["texts"]) if read is not None else []
    return work.load(SlideExtraction, extracted["extraction"]), texts, extracted["slides"]


def laid_out(work: Work, found: Sequence[Json]) -> Path:
    """A folder that holds the pictures of these rows under their own names."""
    folder = work.folder / FOLDER
    folder.mkdir(exist_ok=True)
    for row in found:
        shutil.copyfile(work.storage.path(row["digest"]), folder / row["image_name"])
    return folder
