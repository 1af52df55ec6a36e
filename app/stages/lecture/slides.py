"""Slides out of the recording, in parts that several workers may look at, and the text on each."""

from __future__ import annotations

from collections.abc import Iterator

from app.errors import BadMedia
from app.jobs.model import Json
from app.lectures.model import MediaInfo
from app.lectures.ocr import SlideReader
from app.lectures.slides import ImageOrigin, PartSlides, SlidePlan, join, plan
from app.lectures.slides import extract_part as extract
from app.stages.lecture.pictures import FOLDER, listing, rows
from app.stages.work import Product, Work


def split_video(work: Work) -> Product:
    """Divide the picture at key frames; each part becomes a stage of its own."""
    prepared = work.input("prepare")
    assert prepared is not None
    work.report(0.1, "dividing the recording")
    recording = prepared["digest"]
    part_s = float(work.params.get("part_s") or work.options.video_part_s)
    media = MediaInfo.model_validate(prepared["media"])
    planned = plan(work.storage.path(recording), part_s=part_s, media=media)
    digest = work.put_value(planned)
    spawn = tuple({"recording": recording, "plan": digest, "part": i} for i in range(planned.parts))
    return Product({"plan": digest, "recording": recording}, spawn)


def extract_part(work: Work) -> Product:
    """What one part shows; its slides are shown at once, as provisional ones."""
    given = work.stage_params
    folder = work.folder / FOLDER
    found = extract(
        work.storage.path(given["recording"]),
        work.load(SlidePlan, given["plan"]),
        given["part"],
        folder,
        progress=work.progress("looking for slides"),
    )
    images = [state.image for state in found.states if state.image is not None]
    files = {image.file for image in images} | {image.annotated for image in images if image.annotated}
    pictures = {file: work.put(folder / file) for file in sorted(files)}
    result = {
        "found": work.put_value(found),
        "part": given["part"],
        "pictures": pictures,
        "slides": _provisional(found, pictures),
    }
    return Product(result)


def _provisional(found: PartSlides, pictures: dict[str, str]) -> list[Json]:
    """Rows like those of `extract_slides`, numbered within the part."""
    held: dict[str, Json] = {}
    for state in found.states:
        if state.image is None:
            continue
        row = held.setdefault(
            state.image.file,
            {
                "number": len(held) + 1,
                "intervals": [],
                "start_s": state.start_s,
                "digest": pictures[state.image.file],
                "width": state.image.width,
                "height": state.image.height,
                "image_name": state.image.file,
            },
        )
        row["intervals"].append([state.start_s, state.end_s])
        row["end_s"] = state.end_s
    return list(held.values())


def extract_slides(work: Work) -> Product:
    """Every distinct slide with its times and picture, from what the parts found."""
    divided = work.input("split_video")
    assert divided is not None
    work.report(0.1, "putting the slides together")
    parts = work.inputs["extract_part"]
    planned = work.load(SlidePlan, divided["plan"])
    folder = work.folder / FOLDER
    recording = work.storage.path(divided["recording"])
    language = work.options.ocr_language
    joined = join(recording, planned, _found(work, parts), folder, language=language)

    def kept(origin: ImageOrigin, file: str) -> str:
        return work.put(folder / file) if origin.part is None else parts[origin.part]["pictures"][file]

    found = joined.extraction
    digests: dict[str, str] = {}
    for slide, origin in zip(found.slides, joined.origins, strict=True):
        digests[slide.image] = kept(origin, origin.file)
        if slide.annotated is not None and origin.annotated is not None:
            digests[slide.annotated] = kept(origin, origin.annotated)
    pictures = [work.kept(digest, f"{FOLDER}/{name}") for name, digest in digests.items()]
    result = {
        "extraction": work.put_value(found),
        "slides": rows(found.slides, digests),
        "artifacts": [listing(work, found), *pictures],
        "warnings": list(found.warnings),
    }
    return Product(result)


def _found(work: Work, parts: list[Json]) -> Iterator[PartSlides]:
    for part in parts:
        yield work.load(PartSlides, part["found"])


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
