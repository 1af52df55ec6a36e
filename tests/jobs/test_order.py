"""The order in which stages are served: its properties, and what comes of it over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.jobs.limits import AGEING_S
from app.jobs.order import (
    AHEAD,
    WIDEST,
    Arrival,
    Candidate,
    Choice,
    Held,
    Holdings,
    at_once,
    decide,
    serving_order,
    urgency,
    window,
)

OWNERS = "abc"
stages = st.tuples(st.sampled_from("qr"), st.sampled_from(OWNERS), st.integers(0, 3), st.integers(0, 1500))
waiting = st.lists(stages, max_size=20).map(
    lambda rows: [Candidate(i, q, o, p, float(w)) for i, (q, o, p, w) in enumerate(rows)]
)
rooms = st.dictionaries(st.sampled_from("qr"), st.integers(0, 12))
held_there = st.builds(Held, st.integers(0, 9), st.sampled_from([0.0, 5.0]))
holdings = st.dictionaries(st.tuples(st.sampled_from("qr"), st.sampled_from(OWNERS)), held_there, max_size=6)


@given(waiting, rooms, holdings)
def test_room_bounds_whoever_has_much_and_is_not_wasted(
    found: list[Candidate], room: dict[str, int], held: Holdings
) -> None:
    chosen = decide(found, room, held)
    by_id = {c.stage_id: c for c in found}
    assert len({c.stage_id for c in chosen}) == len(chosen)
    for queue in "qr":
        here = [c for c in chosen if by_id[c.stage_id].queue == queue]
        behind = sum(c.behind for c in here)
        assert behind <= max(0, room.get(queue, 0))
        everything = sum(c.queue == queue for c in found)
        assert len(here) >= min(everything, room.get(queue, 0)), "work is left while there is room"
        for owner in OWNERS:
            ahead = sum(not c.behind and by_id[c.stage_id].owner_id == owner for c in here)
            before = held.get((queue, owner), Held()).stages
            assert ahead + before <= max(AHEAD, before)


@given(waiting, rooms, holdings)
def test_nothing_less_urgent_goes_while_something_more_urgent_stays(
    found: list[Candidate], room: dict[str, int], held: Holdings
) -> None:
    went = {c.stage_id for c in decide(found, room, held)}
    for queue in "qr":
        stayed = [urgency(c) for c in found if c.queue == queue and c.stage_id not in went]
        gone = [urgency(c) for c in found if c.queue == queue and c.stage_id in went]
        assert not stayed or not gone or max(stayed) <= min(gone)


@given(waiting, holdings, st.integers(0, 19))
def test_a_higher_priority_never_means_a_later_place(
    found: list[Candidate], held: Holdings, which: int
) -> None:
    if which >= len(found):
        return

    def place(candidates: list[Candidate]) -> int:
        return [c.stage_id for c, _, _ in serving_order(candidates, held)].index(which)

    raised = [replace(c, priority=c.priority + 1) if c.stage_id == which else c for c in found]
    assert place(raised) <= place(found)


@given(waiting, holdings)
def test_nobody_is_overtaken_for_ever(found: list[Candidate], held: Holdings) -> None:
    """Whoever waits so much longer that ageing makes up for the priority goes first."""
    place = {c.stage_id: i for i, (c, _, _) in enumerate(serving_order(found, held))}
    for old in found:
        for new in found:
            if old.waited_s >= new.waited_s + AGEING_S * (new.priority - old.priority + 1):
                assert place[old.stage_id] < place[new.stage_id]


@given(waiting, holdings)
def test_one_owners_stages_of_one_priority_keep_their_order(found: list[Candidate], held: Holdings) -> None:
    seen: dict[tuple[str, str, int], float] = {}
    for c, _, _ in serving_order(found, held):
        line = (c.queue, c.owner_id, c.priority)
        assert c.waited_s <= seen.get(line, float("inf"))
        seen[line] = c.waited_s


def test_urgent_first_then_owners_in_turn() -> None:
    flood = [Candidate(i, "q", "a", 1, 10.0) for i in range(5)]
    other = Candidate(9, "q", "b", 1, 1.0)
    urgent = Candidate(8, "q", "a", 3, 0.0)
    order = [c.stage_id for c, _, _ in serving_order([*flood, other, urgent], {})]
    assert order[:4] == [8, 9, 0, 1]


def test_what_an_owner_has_under_way_counts_as_served() -> None:
    old, new = Candidate(1, "q", "a", 1, 50.0), Candidate(2, "q", "b", 1, 1.0)
    assert [c.stage_id for c in decide([old, new], {"q": 1}, {})] == [1, 2]
    assert [c.stage_id for c in decide([old, new], {"q": 1}, {("q", "a"): Held(1, 5.0)})] == [2, 1]


def test_the_first_few_of_an_owner_need_no_room_and_more_go_behind() -> None:
    full = {"q": 0}
    mine = [Candidate(i, "q", "b", 1, 9.0 - i) for i in range(AHEAD + 2)]
    chosen = decide(mine, full, {("q", "a"): Held(32, 0.0)})
    assert [c.stage_id for c in chosen] == list(range(AHEAD))
    assert not any(c.behind for c in chosen)
    assert [c.behind for c in decide(mine, {"q": 9}, {})] == [False] * AHEAD + [True] * 2


def test_what_lost_its_worker_goes_ahead_of_its_owners_others_and_needs_no_room() -> None:
    mine = [Candidate(i, "q", "a", 1, 10.0 - i, resumed=i == 2) for i in range(3)]
    held = {("q", "a"): Held(9, 0.0)}
    assert decide(mine, {"q": 0}, held) == [Choice(2, behind=False)]
    assert {c.stage_id: c.behind for c in decide(mine, {"q": 9}, held)} == {0: True, 1: True, 2: False}


def test_one_room_at_a_time_is_shared_alike_between_a_flood_and_ten_small_tenants() -> None:
    """Rounds with hardly any room: counting turns within a round only would give all of it to the oldest."""
    owners = ["flood", *(f"t{i}" for i in range(10))]
    lines = dict.fromkeys(owners, 30) | {"flood": 10_000}
    running: list[tuple[int, str]] = []
    served: Counter[str] = Counter()
    for now in range(220):
        holdings: dict[tuple[str, str], Held] = {}
        for at, owner in running:
            holdings["q", owner] = Held(holdings.get(("q", owner), Held()).stages + 1, float(now - at))
        heads = [
            Candidate(n, "q", owner, 1, 100.0 if owner == "flood" else 10.0)
            for n, owner in enumerate(owners)
            if lines[owner]
        ]
        (first, _, _), *_ = serving_order(heads, holdings)
        lines[first.owner_id] -= 1
        served[first.owner_id] += 1
        running.append((now, first.owner_id))
        if len(running) > 12:  # more slots than owners: what is left over must go round, too
            running.pop(0)
    assert max(served.values()) - min(served.values()) <= 2, served


def arrival(stage_id: int = 1, **more: object) -> Arrival:
    plain = {"queue": "q", "owner_id": "b", "own": 0, "published": 0}
    flags = {"follows_own": False, "outranked": False, "passes_over": False}
    return Arrival(stage_id=stage_id, **(plain | flags | more))  # type: ignore[arg-type]


def test_who_has_little_under_way_need_not_wait_for_the_steward() -> None:
    beside_a_flood = arrival(published=32, passes_over=True)
    assert [c.behind for c in at_once([beside_a_flood], 32)] == [False]
    assert at_once([replace(beside_a_flood, outranked=True)], 32) == []
    assert at_once([replace(beside_a_flood, follows_own=True)], 32) == []
    assert at_once([replace(beside_a_flood, own=AHEAD)], 32) == []


def test_many_at_once_go_behind_as_far_as_there_is_room() -> None:
    chosen = at_once([arrival(i) for i in range(20)], 10)
    assert [c.behind for c in chosen] == [False] * AHEAD + [True] * (10 - AHEAD)


@given(st.integers(1, 64), st.integers(0, 8), st.integers(0, 600))
def test_a_window_grows_only_while_it_empties_fast_and_never_beyond_its_bounds(
    least: int, doublings: int, left: int
) -> None:
    before = min(least * 2**doublings, WIDEST * least)
    after = window(least, before, left)
    assert least <= after <= WIDEST * least
    assert after <= before or 2 * left <= before
    assert window(least, before, 0) == min(4 * before, WIDEST * least), "workers stood idle"
    assert window(least, before, before) == max(least, before // 2), "nothing went: narrower"
