"""How far to decode between two key frames, told by made-up packets and looks; nothing is decoded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from slide_videos import Picture, gray, slide

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.looks.look import Look
from app.lectures.slides.looks.packets import PacketIndex
from app.lectures.slides.survey.doubt import Doubt

A = slide("Overview", ["Price stickiness", "The output gap"])
BUILT = slide("Overview", ["Price stickiness", "The output gap", "Capital controls"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])
FPS, GROUP_S = 25, 8.0


def packets(large: dict[float, int] | None = None, *, off_grid: bool = False) -> PacketIndex:
    """Key frames 8 s apart (`off_grid`: at 12 s, too), and quiet frames between them, but for large ones."""
    times = np.arange(3 * GROUP_S * FPS) / FPS
    sizes = np.full(len(times), 120, np.int32)
    keys = np.isclose(times % GROUP_S, 0)
    if off_grid:
        keys |= np.isclose(times, 12.0)
    sizes[keys] = 60_000
    for time_s, size in (large or {}).items():
        sizes[round(time_s * FPS)] = size
    return PacketIndex(times, sizes, keys, 3 * GROUP_S, whole=True)


def look(t: float, picture: Picture, *, alive: bool = False) -> Look:
    shown = gray(picture)
    return Look(t, shown, np.zeros(shown.shape, bool), key=True, alive=alive)


def until_s(index: PacketIndex, a: Look, b: Look | None) -> float | None:
    end_s = index.end_s if b is None else b.t
    return Doubt(index, Noise()).until_s(a, b, end_s)


def test_nothing_is_decoded_where_key_frames_show_the_same() -> None:
    assert until_s(packets(), look(0, A), look(8, A)) is None
    assert until_s(packets({3.0: 9_000}), look(0, A), look(8, A)) is None, "a touching-up, no way and back"


def test_a_way_to_something_else_and_back_is_decoded_up_to_where_it_is_over() -> None:
    until = until_s(packets({3.0: 40_000, 5.0: 40_000}), look(0, A), look(8, A))
    assert until is not None
    assert 5.0 < until < 6.0


def test_one_cut_between_two_slides_needs_no_decoding() -> None:
    index = packets({3.0: 40_000})
    assert until_s(index, look(0, A), look(8, B)) is None
    assert Doubt(index, Noise()).only_cut_s(look(0, A), look(8, B)) == pytest.approx(3.0)


@pytest.mark.parametrize(
    "large",
    [
        pytest.param({3.0: 40_000, 5.0: 40_000}, id="two-cuts"),
        pytest.param({3.0: 40_000, 3.3: 40_000}, id="a-dissolve"),
        pytest.param({3.0: 40_000, 5.0: 800}, id="a-cut-that-cost-little"),
        pytest.param({}, id="no-packet-for-it"),
    ],
)
def test_what_may_be_more_than_one_cut_is_decoded_to_the_end(large: dict[float, int]) -> None:
    index = packets(large)
    assert Doubt(index, Noise()).only_cut_s(look(0, A), look(8, B)) is None
    assert until_s(index, look(0, A), look(8, B)) == 8


def test_a_build_needs_no_decoding_unless_it_is_still_under_way() -> None:
    assert until_s(packets({3.0: 9_000}), look(0, A), look(8, BUILT)) is None
    assert until_s(packets({7.8: 9_000}), look(0, A), look(8, BUILT)) == 8


def test_a_key_frame_put_at_a_cut_tells_of_it_and_what_stands_out_before_is_looked_at() -> None:
    assert until_s(packets(off_grid=True), look(8, A), look(12, B)) is None
    until = until_s(packets({9.0: 40_000}, off_grid=True), look(8, A), look(12, B))
    assert until is not None
    assert 9.0 < until < 10.0


def test_after_the_last_key_frame_all_is_decoded_that_may_carry_a_change() -> None:
    assert until_s(packets(), look(16, A), None) is None
    assert until_s(packets({20.0: 40_000}), look(16, A), None) == 24
    until = until_s(packets({20.0: 800}), look(16, A), None)
    assert until is not None
    assert 20.0 < until < 21.0


def test_what_is_typed_after_the_last_key_frame_is_looked_at_though_nothing_stands_out() -> None:
    typed = {16 + t / FPS: 900 if t % 4 else 180 for t in range(1, 7 * FPS)}
    assert packets(typed).last_outstanding(16, 24) is None
    assert until_s(packets(typed), look(16, A), None) == 24


def test_of_a_coder_that_runs_ahead_the_frames_tell_where_a_change_is() -> None:
    index = replace(packets({3.0: 40_000}), ahead_s=1.3)
    assert Doubt(packets({3.0: 40_000}), Noise()).only_cut_s(look(0, A), look(8, B)) == 3.0
    assert Doubt(index, Noise()).only_cut_s(look(0, A), look(8, B)) is None
    assert until_s(index, look(0, A), look(8, B)) == 8
    assert until_s(index, look(0, A), look(8, BUILT)) == 8
    assert index.loudest(2.9, 3.3) == pytest.approx(3.1)
    assert packets({3.0: 40_000}).loudest(2.9, 3.3) == 3.0


def test_who_speaks_all_the_time_is_decoded_only_where_it_grows_calm() -> None:
    lively = {t / FPS: 5_000 for t in range(1, 8 * FPS)}
    a, b = look(0, A, alive=True), look(8, A, alive=True)
    assert until_s(packets(lively), a, b) is None
    calm = {t: size for t, size in lively.items() if not 3 < t < 5}
    assert until_s(packets(calm), a, b) == 8


def test_few_frames_are_all_decoded() -> None:
    times = np.array([0.0, 3.0, 8.0, 11.0])
    few = PacketIndex(times, np.array([60_000, 90, 60_000, 90], np.int32), times % 8 == 0, 16.0, whole=True)
    assert until_s(few, look(0, A), look(8, A)) == 8


def test_what_a_camera_films_is_never_quiet() -> None:
    assert Doubt(packets(), Noise(reach=2)).settled_s(0, 8) == 8
