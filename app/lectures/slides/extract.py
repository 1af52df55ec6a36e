"""The slides of a recording: what was shown when, each distinct slide with one picture of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import BadMedia
from app.lectures.media import probe
from app.lectures.model import Interval, OtherSegment, Slide, SlideExtraction
from app.lectures.slides.dedupe import KnownSlide, SlideBook
from app.lectures.slides.frames import FrameSource
from app.lectures.slides.images import write_slide
from app.lectures.slides.packets import PacketIndex, index_packets
from app.lectures.slides.segment import Segmenter, State
from app.lectures.slides.survey import Survey

NO_PICTURES = "This recording has no moving pictures, so there are no slides."
NO_SLIDES = "No slide was found in this recording."
# Shares of the work, for progress.
_INDEXED, _SEGMENTED = 0.03, 0.9


def _ignore(share: float) -> None:
    """The progress callback of a caller who does not want to know."""


def extract(path: Path, out_dir: Path, *, progress: Callable[[float], None] = _ignore) -> SlideExtraction:
    """Find the distinct slides of a recording and write an image of each to `out_dir`.

    Times are seconds on the presentation clock. Builds belong to their slide (the image shows the full
    one), a revisit is another interval of the same slide, and where no slide was shown there is none.
    A file that cannot be read raises BadMedia; one without pictures or slides gives an empty result.
    """
    media = probe(path)
    packets = index_packets(path) if media.has_video else None
    if packets is None or not len(packets):
        progress(1.0)
        return SlideExtraction(
            slides=(), duration_s=media.duration_s, warnings=(*media.warnings, NO_PICTURES)
        )
    progress(_INDEXED)
    out_dir.mkdir(parents=True, exist_ok=True)
    book = _read(path, packets, lambda share: progress(_INDEXED + share * (_SEGMENTED - _INDEXED)))
    slides = _write(path, book.slides, out_dir, lambda share: progress(_SEGMENTED + share * (1 - _SEGMENTED)))
    progress(1.0)
    return SlideExtraction(
        slides=slides,
        other=tuple(_other(state) for state in book.other),
        duration_s=media.duration_s,
        warnings=media.warnings if slides else (*media.warnings, NO_SLIDES),
    )


def _read(path: Path, packets: PacketIndex, progress: Callable[[float], None]) -> SlideBook:
    with FrameSource(path) as keys, FrameSource(path) as spans:
        survey = Survey(keys, spans, packets)
        book = SlideBook(survey.noise)
        segmenter = Segmenter(survey.noise, packets.loudest)
        book.add_all(segmenter.states(survey.looks(progress), packets.end_s))
    return book


def _write(
    path: Path, known: list[KnownSlide], out_dir: Path, progress: Callable[[float], None]
) -> tuple[Slide, ...]:
    slides: list[Slide] = []
    if not known:
        return ()
    with FrameSource(path) as source:
        for i, slide in enumerate(known):
            image = write_slide(source, slide.picture_s, len(slides) + 1, out_dir)
            if image is not None:
                slides.append(
                    Slide(
                        number=len(slides) + 1,
                        intervals=tuple(slide.intervals),
                        image=image.name,
                        width=image.width,
                        height=image.height,
                        frame_s=round(slide.picture_s, 4),
                    )
                )
            progress((i + 1) / len(known))
    if not slides:
        raise BadMedia("The pictures of this recording are damaged: none of its slides can be shown.")
    return tuple(slides)


def _other(state: State) -> OtherSegment:
    kind = {"presenter": "presenter", "black": "black"}.get(state.kind, "none")
    interval = Interval(start_s=round(state.start_s, 4), end_s=round(state.end_s, 4))
    return OtherSegment.model_validate({"kind": kind, "interval": interval})
