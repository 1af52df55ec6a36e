"""States that are no more than how the next one comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.lectures.slides.messages import PartState
from app.lectures.slides.states.lively import is_plain
from app.lectures.slides.states.state import FEWEST_EDGES

# An empty page for less than this, between two slides, is how the second one comes: written on it bit by bit.
# So is one that stands for longer, if it has the ground of what is then built step by step (luma).
_BLANK_S, _LONGEST_BLANK_S, _SAME_GROUND = 1.75, 12.0, 12
# Seconds for which somebody may keep still when he comes, before anything of him is seen to move.
_KEEPS_STILL_S = 1.0


def without_stirs(states: Iterable[PartState]) -> Iterator[PartState]:
    """The states, in which somebody who is filmed begins where he was first seen.

    While he keeps still his picture passes for a slide: but one that never stands, goes on as what follows,
    and in which somebody stirred, or that is too brief for that and has no ground as slides have.
    """
    waiting: list[PartState] = []
    for state in states:
        if state.kind == "slide" and state.goes_on and not state.views:
            waiting.append(state)
            continue
        if state.kind in ("presenter", "video") and any(
            one.stirred or _may_keep_still(one) for one in waiting
        ):
            yield state.model_copy(update={"start_s": waiting[0].start_s})
        else:
            yield from (*waiting, state)
        waiting = []
    yield from waiting


def _may_keep_still(state: PartState) -> bool:
    brief = state.end_s - state.start_s < _KEEPS_STILL_S
    return brief and not is_plain(state.looks[-1].unpacked().gray)


def without_blanks(states: Iterable[PartState]) -> Iterator[PartState]:
    """The states without blanks that slides begin with; the slide after one begins where it began."""
    last: PartState | None = None
    blank: PartState | None = None
    for state in states:
        if blank is not None and state.kind == "slide" and _begins_with(blank, state):
            yield state.model_copy(update={"start_s": blank.start_s})
            last, blank = state, None
            continue
        if blank is not None:
            yield blank
            blank = None
        if (
            last is not None
            and last.kind == "slide"
            and state.end_s - state.start_s < _LONGEST_BLANK_S
            and _is_blank(state)
        ):
            blank = state
        else:
            yield state
        last = state
    if blank is not None:
        yield blank


def _begins_with(blank: PartState, slide: PartState) -> bool:
    if _is_blank(slide) or blank.end_s - blank.start_s < _BLANK_S:
        return not _is_blank(slide)
    if blank.kind != "slide" or not slide.built:
        return False
    page, built = (state.looks[-1].unpacked().background for state in (blank, slide))
    return abs(page - built) <= _SAME_GROUND


def _is_blank(state: PartState) -> bool:
    if state.kind == "slide":
        return state.looks[-1].unpacked().edge_count < FEWEST_EDGES
    return state.kind == "black"
