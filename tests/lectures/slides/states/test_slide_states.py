"""From looks to states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from slide_videos import Picture, gray, look, presenter, slide, with_speaker

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.segment import Segmenter
from app.lectures.slides.states.state import State

NOISE = Noise()
A = slide("Overview", ["Price stickiness", "The output gap"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
B_FIRST = slide("Case study", ["Exchange-rate regime"])
C = slide("Summary", ["Window functions", "Group delay"])


def segmented(looks: list[Look], end_s: float) -> list[State]:
    return list(Segmenter(NOISE, lambda before, after: after).states(looks, end_s))


def looks_of(*parts: tuple[np.ndarray, float, float]) -> list[Look]:
    """Looks every 0.2 s: picture from second to second."""
    return [
        look(picture, float(t))
        for picture, start, end in parts
        for t in np.arange(round(start * 5), round(end * 5)) / 5
    ]


def test_states_have_no_gaps_and_a_build_is_no_new_state() -> None:
    states = segmented(looks_of((A, 0, 4), (B_FIRST, 4, 7), (B, 7, 10), (A, 10, 14)), 14.0)
    assert [(s.start_s, s.end_s) for s in states] == [(0.0, 4.0), (4.0, 10.0), (10.0, 14.0)]
    assert np.array_equal(states[1].looks[-1].gray, gray(B))
    assert all(one.end_s == other.start_s for one, other in pairwise(states))


def test_a_dissolve_is_one_change_at_its_start() -> None:
    steps = [(cv2.addWeighted(C, s, A, 1 - s, 0), 4 + s, 4.2 + s) for s in (0.2, 0.4, 0.6, 0.8)]
    states = segmented(looks_of((A, 0, 4.2), *steps, (C, 5.0, 9)), 9.0)
    assert len(states) == 2
    assert 4.0 <= states[1].start_s <= 5.0


def test_slides_leafed_through_are_states_and_the_middle_of_a_dissolve_is_not() -> None:
    states = segmented(looks_of((A, 0, 4), (B, 4, 4.4), (C, 4.4, 4.8), (A, 4.8, 8)), 8.0)
    assert [(s.start_s, round(s.end_s, 3)) for s in states] == [
        (0.0, 4.0),
        (4.0, 4.4),
        (4.4, 4.8),
        (4.8, 8.0),
    ]
    steps = [(cv2.addWeighted(C, s, A, 1 - s, 0), 4 + 2 * s, 4.2 + 2 * s) for s in np.arange(1, 10) / 10]
    assert len(segmented(looks_of((A, 0, 4.2), *steps, (C, 6.0, 9)), 9.0)) == 2


def test_a_picture_is_taken_from_a_key_frame_at_which_the_slide_stands() -> None:
    looks = looks_of((A, 0, 4), (B, 4, 6))
    looks[27] = replace(looks[27], key=True)  # too soon after another look to be kept for its own sake
    _, second = segmented(looks, 6.0)
    assert [shot.t for shot in second.choose_shots()] == [looks[27].t]
    fading = cv2.addWeighted(B, 0.88, C, 0.12, 0)
    looks[27] = replace(look(fading, looks[27].t), key=True)
    _, second = segmented(looks, 6.0)
    assert looks[27].t not in [shot.t for shot in second.choose_shots()]


@pytest.mark.parametrize("faded", [False, True])
def test_a_picture_of_what_came_and_went_with_key_frames_is_taken_from_the_first(faded: bool) -> None:
    came = cv2.addWeighted(B, 0.92, A, 0.08, 0) if faded else B
    looks = [*looks_of((A, 0, 4)), look(came, 4.0), look(B, 11.99), look(C, 12.0), look(C, 14.0)]
    looks = [replace(one, key=one.t in (4.0, 12.0)) for one in looks]
    second = segmented(looks, 14.0)[1]
    assert [shot.t for shot in second.choose_shots()] == [11.99 if faded else 4.0]


def test_a_state_is_known_by_its_last_look_not_by_one_in_the_dissolve_to_it() -> None:
    nearly = cv2.addWeighted(C, 0.9, A, 0.1, 0)
    states = segmented(looks_of((A, 0, 4), (nearly, 4, 4.2), (C, 4.2, 4.8), (B, 4.8, 8)), 8.0)
    assert [s.start_s for s in states] == [0.0, 4.0, pytest.approx(4.8)]
    assert np.array_equal(states[1].looks[0].gray, gray(C))


def test_what_passes_in_a_moment_is_no_state() -> None:
    states = segmented(looks_of((A, 0, 4), (C, 4, 4.2), (A, 4.2, 8)), 8.0)
    assert [(s.start_s, s.end_s) for s in states] == [(0.0, 8.0)]


def test_black_and_presenter_are_states_of_their_own() -> None:
    talking = [look(presenter(t), t, alive=True) for t in np.arange(20, 40) / 5]
    black = looks_of((np.zeros_like(A), 8, 10))
    states = segmented([*looks_of((A, 0, 4)), *talking, *black, *looks_of((A, 10, 12))], 12.0)
    assert [s.kind for s in states] == ["slide", "presenter", "black", "slide"]


def test_a_presenter_who_keeps_still_for_a_moment_is_no_slide() -> None:
    def still(start: float, end: float, *, alive: bool) -> list[Look]:
        return [look(presenter(8.0), t / 5, alive=alive) for t in np.arange(start * 5, end * 5)]

    talking = [*still(4, 8, alive=True), *still(8, 12, alive=False), *still(12, 14, alive=True)]
    states = segmented([*looks_of((A, 0, 4)), *talking, *looks_of((C, 14, 18))], 18.0)
    assert [s.kind for s in states] == ["slide", "presenter", "slide"]
    # A slide that was lively while it came is one all the same.
    coming = [look(C, t / 5, alive=True) for t in np.arange(20, 35)]
    states = segmented([*looks_of((A, 0, 4)), *coming, *looks_of((C, 7, 12))], 12.0)
    assert states[-1].kind == "slide"


def test_a_build_that_comes_with_much_motion_is_not_somebody_who_then_keeps_still() -> None:
    coming = [look(B, t, alive=True) for t in (4.2, 4.4)]
    states = segmented([*looks_of((B_FIRST, 0, 4.2)), *coming, *looks_of((B, 4.6, 14))], 14.0)
    assert [(s.kind, s.start_s, s.end_s) for s in states] == [("slide", 0.0, 14.0)]


def film(t: float) -> Picture:
    """A video: every two seconds a cut, and a camera that pans in between."""
    shot = np.random.default_rng(int(t // 2)).integers(0, 255, (8, 24, 3), np.uint8)
    wide = cv2.resize(shot, (1400, 360), interpolation=cv2.INTER_CUBIC)
    left = round(300 * (t % 2))
    return np.ascontiguousarray(wide[:, left : left + 640])


def test_a_video_is_told_from_a_presenter_by_its_surroundings() -> None:
    def kinds(lively: Callable[[float], Picture]) -> list[str]:
        alive = [look(lively(t), t, alive=True) for t in np.arange(20, 70) / 5]
        return [s.kind for s in segmented([*looks_of((A, 0, 4)), *alive, *looks_of((C, 14, 18))], 18.0)]

    def adapting(t: float) -> Picture:
        return np.asarray(cv2.convertScaleAbs(presenter(t), alpha=0.7, beta=min(50.0, 5 * t)), np.uint8)

    def letterboxed(t: float) -> Picture:
        picture = film(t)
        picture[:45], picture[-45:] = 0, 0
        return picture

    assert kinds(presenter) == kinds(adapting) == ["slide", "presenter", "slide"]
    assert kinds(film) == kinds(letterboxed) == ["slide", "video", "slide"]


def test_what_is_lively_for_a_moment_is_a_passage_and_no_presenter() -> None:
    """A wipe, or a coder touching the picture up after a cut; the slide began where the liveliness did."""
    lively = [look(presenter(t), t, alive=True) for t in np.arange(20, 30) / 5]
    states = segmented([*looks_of((A, 0, 4)), *lively, *looks_of((B, 6, 10))], 10.0)
    assert [(s.kind, s.start_s) for s in states] == [("slide", 0.0), ("slide", 4.0)]


@pytest.mark.parametrize(("line", "starts"), [("Capital contrasts", [0.0, 4.0]), ("Capital controls", [0.0])])
def test_a_twin_that_comes_with_a_speaker_is_no_build_once_he_is_known_to_move(
    line: str, starts: list[float]
) -> None:
    page, other = (slide("Overview", ["Price stickiness", text]) for text in ("Capital controls", line))
    box = np.zeros(page.shape[:2], bool)
    box[270:350, 490:630] = True
    before = [look(page, t / 5) for t in range(20)]
    # He keeps still at first.
    after = [look(with_speaker(other, max(t, 34)), t / 5, box if t > 34 else None) for t in range(20, 50)]
    assert relate(before[-1:], after[:1], NOISE, in_sequence=True) is Relation.BUILD
    assert [state.start_s for state in segmented(before + after, 10.0)] == starts


def test_a_slide_seen_once_before_it_was_built_on_is_not_lost() -> None:
    """Key frames 8 s apart: each picture of a slide is seen in one look only, its changes in the packets."""
    changes = [4.1, 12.4, 15.8]
    looks = [look(A, 0), look(A, 4), look(B_FIRST, 12), look(B, 15.7), look(C, 20), look(C, 28)]
    segmenter = Segmenter(NOISE, lambda before, after: next(t for t in changes if before < t <= after))
    states = list(segmenter.states(looks, 30.0))
    assert [s.start_s for s in states] == [0.0, 4.1, 15.8]
    assert np.array_equal(states[1].looks[-1].gray, gray(B))
