"""From looks at a recording filmed with a camera to states."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from filmed_videos import lecturer_at, with_lecturer
from slide_videos import HEIGHT, WIDTH, Picture, look, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.distinct.dedupe import SlideBook
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.segment import Segmenter
from app.lectures.slides.states.state import State
from app.lectures.slides.states.twins import number_changed

NOISE = Noise(reach=1)
BARE = slide("Case study", ["Exchange-rate regime"])
FULL = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
NEXT = slide("Summary", ["Window functions", "Group delay"])


@pytest.mark.parametrize(("stands_s", "picture"), [(0.8, BARE), (1.4, BARE), (4.0, FULL)])
def test_what_shows_up_in_a_dissolve_is_no_build(stands_s: float, picture: Picture) -> None:
    left_s = 6 + stands_s
    looks = [
        look(shown, float(t))
        for shown, start, end in ((BARE, 0, 6), (FULL, 6, left_s), (NEXT, left_s, left_s + 4))
        for t in np.arange(round(start * 5), round(end * 5)) / 5
    ]
    states = list(Segmenter(NOISE, lambda before, after: after).states(looks, left_s + 4))
    assert [(s.start_s, s.end_s) for s in states] == [(0.0, left_s), (left_s, left_s + 4)]
    assert relate(states[0].looks, [look(picture, 0.0)], NOISE) is Relation.SAME
    assert all((shot.t < 6) is (picture is BARE) for shot in states[0].choose_shots())


def results(number: str) -> Picture:
    lines = ["Exchange-rate regime", f"Growth by {number} per cent", "Capital controls", "Output gap"]
    return slide("Main result", lines)


def seen(shown: Callable[[float], Picture], end_s: float, *, lecturer: float | None = None) -> list[Look]:
    """Five looks a second, as a camera sees it; somebody may be known to stand at a share of the width."""
    rng = np.random.default_rng(4)
    looks = []
    for t in np.arange(round(end_s * 5)) / 5:
        picture = cv2.GaussianBlur(shown(float(t)), (5, 5), 0) * 0.8 + rng.normal(22, 2, (HEIGHT, WIDTH, 1))
        moving = np.zeros((HEIGHT, WIDTH), bool)
        if lecturer is not None and 6 <= t < 10:
            picture = with_lecturer(picture.astype(np.uint8), lecturer, t)
            moving = cv2.dilate(lecturer_at(lecturer, t), np.ones((9, 9), np.uint8)).astype(bool)
        looks.append(look(picture.astype(np.uint8), float(t), moving))
    return looks


def states_of(looks: list[Look]) -> list[State]:
    end_s = looks[-1].t + 0.2
    return list(Segmenter(NOISE, lambda before, after: after).states(looks, end_s))


def twins(t: float) -> Picture:
    return results("73" if t < 8 or t >= 20 else "94")


def test_a_number_that_gave_way_to_another_makes_another_slide_and_back_again() -> None:
    states = states_of(seen(twins, 30))
    assert [s.start_s for s in states] == pytest.approx([0, 8, 20], abs=0.3)
    for state in states:
        assert all(state.start_s <= shot.t < state.end_s for shot in state.choose_shots())
    book = SlideBook(NOISE)
    book.add_all(states)
    assert [len(known.intervals) for known in book.slides] == [2, 1]


def test_a_number_that_changed_all_over_a_program_is_seen_but_no_sway() -> None:
    def program(n: int) -> Look:
        lines = ["def solve(xs):", f"y = f(x) + {n} g(x)", f"while y > {n}:", f"n = {n}", f"solve({n})"]
        return look(cv2.GaussianBlur(slide("A program", lines), (5, 5), 0))

    one = program(51)
    assert number_changed(one, program(64), NOISE) is not None
    swayed = np.roll(one.gray, (1, 2), axis=(0, 1))
    assert number_changed(one, dataclasses.replace(one, gray=swayed), NOISE) is None


def test_a_twin_that_came_behind_somebody_began_about_midway() -> None:
    states = states_of(seen(lambda t: twins(min(t, 15)), 20, lecturer=0.35))
    assert [s.start_s for s in states] == pytest.approx([0, 8], abs=0.6)


def test_a_twin_that_seems_to_grow_soon_after_it_came_is_a_twin_all_the_same() -> None:
    """Somebody who walks by hides and shows this and that."""
    looks = seen(lambda t: results("73" if t < 8 else "94"), 20)
    state, fuller = State("slide", 0, 0, looks[:1]), State("slide", looks[50].t, looks[50].t, looks[50:51])
    assert not any(state.see(look, NOISE) for look in looks[1:50])
    assert not any(fuller.see(look, NOISE) for look in looks[51:54])
    state.grow(fuller)
    turn = next(turn for look in looks[54:] if (turn := state.see(look, NOISE)) is not None)
    assert turn.at_s == pytest.approx(8, abs=0.3)
    state.turned(turn)
    shots = state.choose_shots()
    assert shots
    assert all(shot.t < 8 for shot in shots)


@pytest.mark.parametrize("rests_s", [2.5, 30])
def test_a_spot_that_rests_on_a_word_and_somebody_who_keeps_still_are_no_twins(rests_s: float) -> None:
    def view(t: float) -> Picture:
        shown = results("73")
        if rests_s < 10 and 8 <= t < 8 + rests_s:
            cv2.circle(shown, (150, 138), 5, (255, 60, 60), -1, cv2.LINE_AA)
        elif t >= 8 and rests_s > 10:
            shown[126:140, 175:195] = (120, 90, 70)
        return shown

    states = states_of(seen(view, 20))
    assert [(s.start_s, s.end_s) for s in states] == [(0.0, 20.0)]
