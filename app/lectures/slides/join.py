"""From the parts' findings to one extraction: states that cross a border, distinct slides, their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from app.errors import BadConfiguration, BadMedia
from app.lectures.model import Interval, OtherSegment, Slide, SlideExtraction
from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.distinct.burnt_in import leave_out_subtitles
from app.lectures.slides.distinct.coming import without_blanks, without_stirs
from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.distinct.portrait import leave_out_portraits
from app.lectures.slides.distinct.program_bars import BarReader
from app.lectures.slides.distinct.programs import leave_out_programs
from app.lectures.slides.distinct.resized import join_framed, leave_out_resized
from app.lectures.slides.distinct.rims import leave_out_rims
from app.lectures.slides.distinct.scrolled import leave_out_scrolled
from app.lectures.slides.looks.frames import FrameSource
from app.lectures.slides.messages import (
    ImageOrigin,
    JoinedSlides,
    PartSlides,
    PartState,
    SlidePlan,
)
from app.lectures.slides.pictures.images import PartImage, write_slide
from app.lectures.slides.states.state import State

NO_PICTURES = "This recording has no moving pictures, so there are no slides."
NO_SLIDES = "No slide was found in this recording."
NOT_READ = "Windows of programs may be among the slides, for what they say could not be read."
_LOOKS_KEPT = 3
# Views of a slide from which a good picture of it can be chosen.
_VIEWS_ENOUGH = 5


def join(
    path: Path, plan: SlidePlan, parts: Iterable[PartSlides], out_dir: Path, *, language: str = "eng"
) -> JoinedSlides:
    """One extraction from all parts, given in order (an iterator will do: one is held at a time).

    `language`: Tesseract's codes, for what windows say in their bars.
    A slide that no part has a picture of, since its parts thought it another's, gets one in `out_dir`.
    Raises BadMedia when there are slides but no picture of any can be decoded.
    """
    media = plan.media
    if not plan.parts:
        empty = SlideExtraction(
            slides=(), duration_s=media.duration_s, warnings=(*media.warnings, NO_PICTURES)
        )
        return JoinedSlides(extraction=empty)
    book = SlideBook(plan.noise)
    images: dict[float, tuple[int, PartImage]] = {}
    states = across_borders(_with_images(parts, images), plan.noise)
    for state in without_blanks(without_stirs(states)):
        if state.image is None:
            images.pop(state.picture_s, None)
        book.add(_state(state))
    warnings = media.warnings
    if not plan.noise.is_filmed:
        leave_out_subtitles(book, plan.noise)
        leave_out_resized(book)
        join_framed(book)
        leave_out_portraits(book)
        leave_out_rims(book, plan.end_s)
        leave_out_scrolled(book, plan.noise)
        try:
            with BarReader(path, plan.packet_index(), plan.noise, language) as bars:
                leave_out_programs(book, plan.noise, bars.window)
        except BadConfiguration as error:
            warnings = (*warnings, f"{NOT_READ} {error}")
    slides, origins = _pictured(path, plan, book.slides, images, out_dir)
    extraction = SlideExtraction(
        slides=slides,
        other=tuple(_other(state) for state in book.other),
        duration_s=media.duration_s,
        warnings=warnings if slides else (*warnings, NO_SLIDES),
    )
    return JoinedSlides(extraction=extraction, origins=origins)


def across_borders(parts: Iterable[PartSlides], noise: Noise) -> Iterator[PartState]:
    """The states of all parts in time order, each thing once though a border runs through it."""
    last: PartState | None = None
    settled_s = 0.0
    for part in parts:
        fresh = [state for state in part.states if last is None or state.end_s > settled_s]
        if last is not None and fresh:
            first = fresh.pop(0)
            # Settled at the very border, the part before has seen the first look of this one.
            at_border = settled_s <= first.start_s and _alike(last, first)
            if at_border or _continues(last, first, noise):
                last = _merged(last, first)
            else:
                cut_s = first.start_s if first.start_s > last.start_s else settled_s
                yield last.model_copy(update={"end_s": cut_s})
                last = first.model_copy(update={"start_s": cut_s})
        for state in fresh:
            if last is not None:
                yield last
            last = state
        settled_s = part.settled_s
    if last is not None:
        yield last


def _continues(last: PartState, first: PartState, noise: Noise) -> bool:
    """Whether a part's first state that counts is the last one of the part before."""
    if not _alike(last, first) or last.kind != "slide":
        return _alike(last, first)
    before, after = ([look.unpacked() for look in state.looks] for state in (last, first))
    return relate(before, after, noise, in_sequence=True) in (Relation.SAME, Relation.BUILD)


def _alike(last: PartState, first: PartState) -> bool:
    """Whether the two show the same kind of thing. What is lively may look like a video in one only."""
    return last.kind == first.kind or {last.kind, first.kind} == {"presenter", "video"}


def _merged(last: PartState, first: PartState) -> PartState:
    looks = first.looks if first.built else (*last.looks, *first.looks)[-_LOOKS_KEPT:]
    # The later of two that will do: some of what is built luma does not tell.
    enough = first.views > last.views or (first.views >= _VIEWS_ENOUGH and not last.built)
    picture = first if first.built or enough else last
    merged: dict[str, object] = {
        "kind": max((last, first), key=lambda state: state.end_s - state.start_s).kind,
        "start_s": last.start_s,
        "end_s": first.end_s,
        "looks": looks,
        "built": last.built or first.built,
        "stirred": last.stirred or first.stirred,
        "goes_on": first.goes_on,
        "bare": last.bare or first.bare,
        "views": last.views + first.views,
    }
    if picture is first and last.built:
        # Both have seen what is about the border; what was written before it the part before alone knows.
        merged |= {"steps": tuple(sorted({*last.steps, last.picture_s, *first.steps})), "image": None}
    return picture.model_copy(update=merged)


def _with_images(
    parts: Iterable[PartSlides], images: dict[float, tuple[int, PartImage]]
) -> Iterator[PartSlides]:
    for part in parts:
        images.update({s.picture_s: (part.index, s.image) for s in part.states if s.image is not None})
        yield part


def _state(state: PartState) -> State:
    looks = [look.unpacked() for look in state.looks]
    bare = None if state.bare is None else state.bare.unpacked()
    return State(
        state.kind,
        state.start_s,
        state.end_s,
        looks,
        bare=bare,
        shots=state.shots,
        uncovered=state.uncovered,
        steps=state.steps,
    )


def _pictured(
    path: Path,
    plan: SlidePlan,
    known: list[KnownSlide],
    images: dict[float, tuple[int, PartImage]],
    out_dir: Path,
) -> tuple[tuple[Slide, ...], tuple[ImageOrigin, ...]]:
    slides: list[Slide] = []
    origins: list[ImageOrigin] = []
    for slide in known:
        name = f"slide_{len(slides) + 1:04d}"
        part, image = images.get(slide.picture_s) or (None, None)
        if image is None or image.frames_s != slide.frames_s:
            part = None
            out_dir.mkdir(parents=True, exist_ok=True)
            with FrameSource(path, plan.packet_index()) as source:
                image = write_slide(
                    source,
                    slide.shots,
                    name,
                    out_dir,
                    plan.region,
                    steps=slide.steps,
                    uncovered=slide.uncovered,
                    crop=plan.crop,
                    filmed=plan.noise.is_filmed,
                )
        if image is None:
            continue
        origins.append(ImageOrigin(part=part, file=image.file, annotated=image.annotated))
        slides.append(
            Slide(
                number=len(slides) + 1,
                intervals=tuple(slide.intervals),
                image=name + Path(image.file).suffix,
                width=image.width,
                height=image.height,
                annotated=None
                if image.annotated is None
                else f"{name}_annotated{Path(image.annotated).suffix}",
                frame_s=round(slide.picture_s, 4),
            )
        )
    if known and not slides:
        raise BadMedia("The pictures of this recording are damaged: none of its slides can be shown.")
    return tuple(slides), tuple(origins)


def _other(state: State) -> OtherSegment:
    kind = state.kind if state.kind in ("presenter", "video", "black") else "none"
    interval = Interval(start_s=round(state.start_s, 4), end_s=round(state.end_s, 4))
    return OtherSegment.model_validate({"kind": kind, "interval": interval})
