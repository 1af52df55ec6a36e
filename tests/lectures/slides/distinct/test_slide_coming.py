"""What is no more than how the next thing comes is no state of its own."""

from __future__ import annotations

import numpy as np
from slide_videos import Picture, look, presenter, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.coming import without_blanks, without_stirs
from app.lectures.slides.looks.look import Look
from app.lectures.slides.messages import PartState
from app.lectures.slides.states.segment import Segmenter

A = slide("Overview", ["Price stickiness", "The output gap"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
C = slide("Summary", ["Window functions", "Group delay"])


def packed(kind: str, start_s: float, end_s: float, picture: Picture, **more: object) -> PartState:
    looks = (look(picture, start_s).packed,) if kind == "slide" else ()
    told = {"kind": kind, "start_s": start_s, "end_s": end_s, "looks": looks, "built": False, "shots": ()}
    return PartState.model_validate({**told, "views": 1, **more})


def seen(
    picture: Picture, start_s: float, end_s: float, kind: str = "slide", *, built: bool = False
) -> PartState:
    return packed(kind, start_s, end_s, picture, built=built)


def times(*states: PartState) -> list[tuple[str, float, float]]:
    return [(state.kind, state.start_s, state.end_s) for state in without_blanks(states)]


def test_a_short_blank_between_slides_is_how_the_next_one_comes() -> None:
    blank = np.full_like(A, 90)
    states = [
        seen(A, 0, 5),
        seen(blank, 5, 6),  # an empty page
        seen(B, 6, 10),
        seen(A, 10, 11.5, "black"),
        seen(C, 11.5, 15),
        seen(A, 15, 19, "black"),  # a passage
        seen(A, 19, 22),
        seen(A, 22, 23, "black"),  # the end
    ]
    assert times(*states) == [
        ("slide", 0, 5),
        ("slide", 5, 10),
        ("slide", 10, 15),
        ("black", 15, 19),
        ("slide", 19, 22),
        ("black", 22, 23),
    ]


def test_a_slide_that_is_built_upon_an_empty_page_begins_with_it() -> None:
    page, other = np.full_like(A, 255), np.full_like(A, 90)
    before, built, at_once = seen(A, 0, 5), seen(B, 11, 20, built=True), seen(B, 11, 20)
    assert times(before, seen(page, 5, 11), built) == [("slide", 0, 5), ("slide", 5, 20)]
    apart = [("slide", 0, 5), ("slide", 5, 11), ("slide", 11, 20)]
    assert times(before, seen(page, 5, 11), at_once) == apart
    assert times(before, seen(other, 5, 11), built) == apart
    assert times(before, seen(page, 5, 11, "black"), built)[1] == ("black", 5, 11)
    assert times(seen(A, -30, -9), seen(page, -9, 11), built)[1] == ("slide", -9, 11)


def told(looks: list[Look], end_s: float) -> list[tuple[str, float]]:
    states = Segmenter(Noise(), lambda before, after: after).states(looks, end_s)
    parts = [
        packed(s.kind, s.start_s, s.end_s, A, views=s.views, stirred=s.stirred, goes_on=s.goes_on).model_copy(
            update={"looks": tuple(one.packed for one in s.looks) if s.kind == "slide" else ()}
        )
        for s in states
    ]
    return [(state.kind, state.start_s) for state in without_stirs(parts)]


def every(step_s: float, start_s: float, end_s: float) -> list[float]:
    return [float(t) for t in np.arange(round(start_s / step_s), round(end_s / step_s)) * step_s]


def keeps_still_now_and_then(t: float) -> Look:
    """Somebody who stirs a second after he came, sits still, and goes on at 9.2 s."""
    lively = 6.0 <= t < 7.2 or t >= 9.2
    moving = np.zeros(A.shape[:2], bool)
    moving[200:, 150:500] = True
    return look(presenter(t if lively else 8 * round(t)), t, moving, alive=lively)


def test_somebody_filmed_begins_where_he_was_first_seen() -> None:
    looks = [look(A, t) for t in every(0.2, 0, 5)] + [keeps_still_now_and_then(t) for t in every(0.2, 5, 16)]
    assert told(looks, 16.0) == [("slide", 0.0), ("presenter", 5.0)]


def test_somebody_filmed_who_keeps_still_for_a_moment_when_he_comes_is_no_slide() -> None:
    looks = [look(A, t) for t in every(0.2, 0, 5)] + [look(presenter(0), t) for t in every(0.2, 5, 5.8)]
    looks += [look(presenter(t / 8), t, alive=True) for t in every(0.2, 5.8, 12)]
    assert told(looks, 12.0) == [("slide", 0.0), ("presenter", 5.0)]


def test_a_brief_slide_before_him_has_a_ground_or_looks_otherwise_or_stands() -> None:
    filmed = presenter(0)
    still = packed("slide", 5, 5.8, filmed, views=0, goes_on=True)
    before, after = packed("slide", 0, 5, A), packed("presenter", 5.8, 20, B)
    assert [state.start_s for state in without_stirs([before, still, after])] == [0, 5]
    others = [
        packed("slide", 5, 5.8, B, views=0, goes_on=True),
        still.model_copy(update={"goes_on": False}),
        still.model_copy(update={"views": 1}),
        still.model_copy(update={"start_s": 4.5}),
    ]
    for other in others:
        assert list(without_stirs([before, other, after])) == [before, other, after]
    assert list(without_stirs([before, still, packed("slide", 5.8, 20, B)]))[1] == still


def test_a_slide_before_him_is_none_of_him() -> None:
    brief = {"views": 0, "stirred": True}  # a film plays in it, or a dissolve leads on to him
    for more in (brief, {**brief, "goes_on": True, "views": 1}, {**brief, "goes_on": True, "stirred": False}):
        states = [packed("slide", 0, 5, A), packed("slide", 5, 7, B, **more), packed("presenter", 7, 20, B)]
        assert list(without_stirs(states)) == states
    looks = [look(A, t) for t in every(0.2, 0, 5)]
    looks += [look(presenter(t), t, alive=True) for t in every(0.2, 5, 12)]
    states = list(Segmenter(Noise(), lambda before, after: after).states(looks, 12.0))
    assert [(state.kind, state.goes_on) for state in states] == [("slide", False), ("presenter", False)]


def test_no_state_is_kept_back() -> None:
    kept = [packed("slide", t, t + 1, B, views=0, goes_on=True, stirred=True) for t in (0, 1)]
    assert list(without_stirs([*kept, packed("slide", 2, 9, A)])) == [*kept, packed("slide", 2, 9, A)]
    assert list(without_stirs(kept)) == kept
