"""How many workers there should be. Pure: over any history of figures the promises hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.autoscaler import Past, Pool, Rules, Step, decide

RULES = Rules()
QUIET = Pool("extraction", workers=3, ours=2, waiting=0, running=0, slots=3)


def pool(**values: Any) -> Pool:
    return replace(QUIET, **values)


class Clock:
    """Shows the same figures for as long as told, a look each ten seconds; remembers what was decided."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules, self.now, self.past = rules, 0.0, dict[str, Past]()

    def show(self, *pools: Pool, for_s: float = 0.0) -> list[Step]:
        taken: list[Step] = []
        until = self.now + for_s
        while True:
            total = sum(p.workers for p in pools)
            steps, self.past = decide(pools, self.past, self.rules, self.now, total)
            taken += steps
            self.now += 10.0
            if self.now > until:
                return taken


def test_a_long_queue_asks_for_one_more_and_a_very_long_one_for_as_many_again() -> None:
    assert Clock().show(pool(waiting=20)) == []
    (step,) = Clock().show(pool(waiting=21))
    assert (step.before, step.after) == (3, 4)
    assert "21 wait" in step.reason
    assert Clock().show(pool(waiting=61))[0].after == 6
    assert Clock().show(pool(waiting=1000, workers=8, slots=8))[0].after == 10, "there are to be ten in all"


def test_who_waits_long_gets_another_worker() -> None:
    assert Clock().show(pool(waiting=1, wait_s=300)) == []
    assert Clock().show(pool(waiting=1, wait_s=301))[0].after == 4


def test_busy_for_five_minutes_asks_for_more_and_a_moment_of_rest_starts_anew() -> None:
    clock, busy = Clock(), pool(running=3)
    assert clock.show(busy, for_s=280) == []
    assert clock.show(pool(running=2)) == []
    assert clock.show(busy, for_s=290) == []
    assert clock.show(busy, for_s=10)[0].after == 4


def test_a_cold_cache_counts_when_several_wait() -> None:
    assert Clock().show(pool(waiting=5, cache_hit_rate=0.6)) == []
    assert Clock().show(pool(waiting=4, cache_hit_rate=0.1)) == []
    assert Clock().show(pool(waiting=5, cache_hit_rate=0.59))[0].after == 4
    assert Clock().show(pool(waiting=5, cache_hit_rate=None)) == []


def test_half_an_hour_of_rest_asks_for_fewer_one_at_a_time() -> None:
    clock = Clock()
    assert clock.show(QUIET, for_s=1790) == []
    (step,) = clock.show(QUIET, for_s=10)
    assert (step.before, step.after) == (3, 2)
    assert clock.show(pool(workers=2, slots=2, ours=1), for_s=30) == []
    assert clock.show(pool(workers=2, slots=2, ours=1), for_s=30)[0].after == 1
    assert clock.show(pool(workers=1, slots=1, ours=1), for_s=5000) == [], "the last stays"


def test_workers_of_others_are_left_alone() -> None:
    assert Clock().show(pool(ours=0), for_s=5000) == []


def test_what_nobody_serves_gets_a_worker_at_once() -> None:
    nobody = pool(workers=0, ours=0, slots=0, waiting=1)
    assert Clock(replace(RULES, least=0)).show(nobody)[0].after == 1
    assert Clock(replace(RULES, least=2)).show(replace(nobody, waiting=0))[0].after == 2


def test_who_waits_longest_gets_the_last_place() -> None:
    first = pool(workers=4, slots=4, waiting=30, wait_s=5)
    second = pool(name="analysis", workers=5, slots=5, waiting=30, wait_s=50)
    assert [step.pool for step in Clock().show(first, second)] == ["analysis"]


pools = st.builds(
    lambda workers, ours, waiting, running, wait_s, rate: Pool(
        "extraction",
        workers,
        min(ours, workers),
        waiting,
        min(running, 2 * workers),
        2 * workers,
        wait_s if waiting else 0.0,
        rate,
    ),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 100),
    st.integers(0, 24),
    st.floats(0, 1000),
    st.none() | st.floats(0, 1),
)
rules = st.builds(
    Rules,
    queue_up=st.integers(5, 30),
    busy_up_s=st.floats(0, 100),
    queue_down=st.integers(1, 5),
    idle_s=st.floats(0, 100),
    cooldown_s=st.floats(1, 100),
    least=st.integers(0, 3),
    most=st.integers(3, 10),
)
history = st.lists(st.tuples(pools, st.floats(0.1, 60)), min_size=1, max_size=30)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(history, rules)
def test_over_any_history_the_bounds_hold_and_nothing_flaps(
    shown: list[tuple[Pool, float]], rules: Rules
) -> None:
    now, past, changed = 0.0, dict[str, Past](), None
    for figures, pause_s in shown:
        now += pause_s
        steps, past = decide([figures], past, rules, now, figures.workers)
        for step in steps:
            assert step.before == figures.workers
            assert step.after != step.before
            assert step.reason
            if step.after > step.before:
                assert step.after <= rules.most
            else:
                assert step.after == step.before - 1 >= rules.least
                assert figures.ours >= 1
                assert figures.waiting < rules.queue_down
                assert figures.running + figures.waiting <= 2 * step.after, "who stays has room for all"
            assert changed is None or now - changed >= rules.cooldown_s
            changed = now


@given(history, rules, st.integers(1, 50))
def test_more_waiting_never_means_fewer_workers(
    shown: list[tuple[Pool, float]], rules: Rules, more: int
) -> None:
    now, past = 0.0, dict[str, Past]()
    for figures, pause_s in shown[:-1]:
        now += pause_s
        _, past = decide([figures], past, rules, now, figures.workers)
    last, pause_s = shown[-1]
    now += pause_s

    def target(figures: Pool) -> int:
        steps, _ = decide([figures], past, rules, now, figures.workers)
        return steps[0].after if steps else figures.workers

    assert target(last) <= target(replace(last, waiting=last.waiting + more))


@given(st.lists(pools, min_size=1, max_size=4), rules, st.integers(0, 20))
def test_all_pools_together_stay_below_the_most(found: list[Pool], rules: Rules, others: int) -> None:
    named = [replace(figures, name=f"p{i}") for i, figures in enumerate(found)]
    total = others + sum(figures.workers for figures in named)
    steps, _ = decide(named, {}, rules, 0.0, total)
    grown = sum(step.after - step.before for step in steps if step.after > step.before)
    assert grown <= max(0, rules.most - total)
