"""One part of a recording: its states with a few looks of each, and pictures of its slides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.looks.frames import FrameSource
from app.lectures.slides.looks.look import Look
from app.lectures.slides.messages import PartSlides, PartState, SlidePlan
from app.lectures.slides.pictures.images import PartImage, write_slide
from app.lectures.slides.states.segment import Segmenter
from app.lectures.slides.states.state import State
from app.lectures.slides.survey.camera import CameraSurvey
from app.lectures.slides.survey.screen import Survey

# A change under way at the border is followed for so long to see what comes of it.
_LONGEST_OVERLAP_S = 15.0
_SEGMENTED = 0.85  # of the work
# What is told of a state just as it is there; the others are packed, or made once all states are known.
_AS_IN_A_STATE = PartState.model_fields.keys() - {"looks", "bare", "image"}


def extract_part(
    path: Path,
    plan: SlidePlan,
    index: int,
    out_dir: Path,
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> PartSlides:
    """Read part `index` of a recording and write an image of each of its slides to `out_dir`.

    Their names begin with the part's number, so that parts may share a folder. Raises BadMedia when the
    recording cannot be opened.
    """
    cv2.setNumThreads(1)  # parts are read side by side: threads of OpenCV's own only wait for each other
    out_dir.mkdir(parents=True, exist_ok=True)
    reader = _Reader(plan, index, lambda share: progress(share * _SEGMENTED))
    images: dict[float, PartImage] = {}
    with FrameSource(path, reader.packets) as source:
        states = reader.read(source)
        pictures = {slide.picture_s: (i, slide) for i, slide in enumerate(reader.book.slides, start=1)}
        for done, time_s in enumerate(sorted(pictures)):
            number, slide = pictures[time_s]
            name = f"part_{index:03d}_{number:03d}"
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
            if image is not None:
                images[time_s] = image
            progress(_SEGMENTED + (1 - _SEGMENTED) * (done + 1) / len(pictures))
    progress(1.0)
    return PartSlides(
        index=index,
        states=tuple(s.model_copy(update={"image": images.get(s.picture_s)}) for s in states),
        settled_s=reader.settled_s,
    )


class _Reader:
    """Reads a part until the picture is settled at or after its end."""

    def __init__(self, plan: SlidePlan, index: int, progress: Callable[[float], None]) -> None:
        self._plan, self._progress = plan, progress
        self._start_s, self._end_s = plan.span(index)
        self._is_last = index + 1 == plan.parts
        self.packets = plan.packet_index()
        self.book = SlideBook(plan.noise)
        self.settled_s = self._end_s

    def read(self, source: FrameSource) -> list[PartState]:
        states: list[PartState] = []
        segmenter = Segmenter(self._plan.noise, self.packets.loudest, self._start_s)
        looks = self._until_settled(self._survey(source).looks(self._start_s), segmenter)
        # Only the end of the recording ends a state; the end of another part does not.
        for state in segmenter.states(looks, self._end_s if self._is_last else math.inf):
            if self._is_last or state.start_s < self.settled_s:
                states.append(self._packed(state))
        return states

    def _survey(self, source: FrameSource) -> Survey | CameraSurvey:
        if self._plan.noise.is_filmed and self._plan.region is not None:
            return CameraSurvey(source, self._plan.region)
        return Survey(source, self.packets, self._plan.noise)

    def _packed(self, state: State) -> PartState:
        state.end_s = min(state.end_s, self.settled_s)
        if state.kind == "slide":
            state.choose_shots()
            self.book.add(state)
        return PartState.model_validate(
            {
                **{name: getattr(state, name) for name in _AS_IN_A_STATE},
                "looks": tuple(look.packed for look in state.looks) if state.kind == "slide" else (),
                "bare": None if state.bare is None else state.bare.packed,
            }
        )

    def _until_settled(self, looks: Iterator[Look], segmenter: Segmenter) -> Iterator[Look]:
        for look in looks:
            yield look
            self._progress(min(1.0, max(0.0, look.t - self._start_s) / (self._end_s - self._start_s)))
            over_s = look.t - self._end_s
            if not self._is_last and over_s > -1e-3:
                self.settled_s = max(self._end_s, look.t)
                if segmenter.is_settled or over_s > _LONGEST_OVERLAP_S:
                    return
