"""Places and estimates, pure: whoever is served first stands first, and the pace is what was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.estimate import Pace, Place, Run, Waiting, comers, pace, places, start_in
from app.jobs.order import Candidate, Held


def waiting(stage_id: int, owner: str = "a", waited_s: float = 5.0, **more: object) -> Waiting:
    candidate = Candidate(stage_id, "q", owner, 1, waited_s)
    return Waiting(f"job_{stage_id}", candidate, **more)  # type: ignore[arg-type]


def test_positions_follow_the_order_of_serving() -> None:
    line = [*(waiting(i, "flood", 50.0) for i in range(5)), waiting(8, "b", 1.0)]
    found = places(line, {("q", "flood"): Held(2, 0.0)}, {"q": Pace(2.0, 0)}, ())
    assert found["job_8"] == Place(1, 0.5)
    assert [found[f"job_{i}"].position for i in range(5)] == [2, 3, 4, 5, 6]
    assert [found[f"job_{i}"].start_s for i in range(5)] == [1.0, 1.5, 2.0, 2.5, 3.0]


def test_stages_of_jobs_that_have_begun_take_time_but_no_position() -> None:
    line = [waiting(1, waited_s=9.0, unstarted=False), waiting(2)]
    assert places(line, {}, {"q": Pace(1.0, 0)}, ()) == {"job_2": Place(1, 2.0)}


def test_a_free_worker_takes_the_next_at_once() -> None:
    assert start_in(0, Pace(None, 1)) == start_in(1, Pace(0.1, 2)) == 0.5
    assert start_in(2, Pace(0.1, 2)) == 10.0


def test_what_nothing_tells_is_not_made_up() -> None:
    assert start_in(0, None) is start_in(5, Pace(None, 0)) is None
    assert places([waiting(1)], {}, {"q": Pace(1.0, 0)}, {"q"})["job_1"] == Place(1, None)
    assert places([waiting(1, at_least_s=None)], {}, {"q": Pace(1.0, 0)}, ())["job_1"].start_s is None


def test_a_running_limit_holds_a_job_back_longer_than_the_queue() -> None:
    assert places([waiting(1, at_least_s=90.0)], {}, {"q": Pace(1.0, 3)}, ())["job_1"].start_s == 90.0


def test_under_a_backlog_the_pace_is_what_was_done_else_what_could_be() -> None:
    runs = [Run("q", "a", 2.0, float(i)) for i in range(60)]  # one a second, of two seconds each
    assert pace(runs, slots=4, busy=4, longest_wait_s=600).per_s == pytest.approx(1.0, rel=0.05)
    assert pace(runs, slots=4, busy=4, longest_wait_s=600, covers_s=20).per_s == pytest.approx(1.0, rel=0.06)
    assert pace(runs, slots=4, busy=1, longest_wait_s=0).per_s == 2.0
    assert pace(runs, slots=4, busy=1, longest_wait_s=0).free == 3
    assert pace([], slots=4, busy=0, longest_wait_s=9) == Pace(None, 4)


def test_who_has_much_waiting_is_overtaken_by_those_who_come_later() -> None:
    line = [waiting(i, "flood", 50.0) for i in range(8)]
    found = places(line, {}, {"q": Pace(10.0, 0)}, (), {"q": {"b": 5.0, "c": 3.0, "flood": 2.0}})
    starts = [found[f"job_{i}"].start_s for i in range(8)]
    assert starts[:4] == [0.5, 0.5, 0.5, 0.5], "the first few go ahead of all that come"
    assert starts[4:] == pytest.approx([1.5, 1.8, 2.1, 2.4]), "a third of the pace: its equal share"
    found = places(line, {}, {"q": Pace(10.0, 0)}, (), {"q": {"b": 5.0}})
    assert found["job_7"].start_s == pytest.approx(1.6)


def test_who_keeps_up_comes_at_the_pace_at_which_they_are_served() -> None:
    runs = [Run("q", "a", 0.1, i * 2.0) for i in range(1, 11)] + [
        Run("q", "b", 0.1, i / 2) for i in range(40)
    ]
    assert comers(runs, {"a": 3, "b": 1000}) == {"a": 0.5}, "b has a flood in line"
    assert comers(runs, {})["b"] == 2.0
    assert comers(runs[:1] * 5, {}) == {"a": 2.5}, "all within two seconds: nothing came before"
    assert comers(runs, {}, covers_s=10.0)["a"] == pytest.approx(0.5)
    assert comers([Run("q", "a", 0.1, 70.0)], {}) == comers([], {}) == {}


lines = st.lists(st.tuples(st.integers(0, 900), st.sampled_from("abc"), st.booleans()), max_size=15)


@given(lines, st.floats(0.1, 50))
def test_positions_are_one_to_n_and_later_ones_never_start_earlier(
    rows: list[tuple[int, str, bool]], per_s: float
) -> None:
    line = [
        waiting(i, owner, float(waited_s), unstarted=unstarted)
        for i, (waited_s, owner, unstarted) in enumerate(rows)
    ]
    found = sorted(places(line, {}, {"q": Pace(per_s, 1)}, ()).values(), key=lambda place: place.position)
    assert [place.position for place in found] == list(range(1, len(found) + 1))
    starts = [place.start_s or 0.0 for place in found]
    assert starts == sorted(starts)
