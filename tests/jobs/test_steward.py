from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from app.jobs import runs
from app.jobs.limits import AGEING_S, backoff_s
from app.jobs.model import Done
from app.jobs.order import WIDEST
from app.jobs.platform import Platform
from app.jobs.steward import TICK_S, Steward
from app.jobs.submit import NewJob, submit_many
from app.store.models import Slot, StageRow
from tests.jobs.test_runs import expire, take
from tests.kinds import queue_of, start


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def aged(platform: Platform, seconds: float) -> None:
    with platform.db.write() as conn:
        published = update(StageRow).where(StageRow.state == "published")
        conn.execute(published.values(published_at=StageRow.published_at - int(seconds * 1e6)))


def test_only_one_of_many_is_the_steward(full_platform: Platform) -> None:
    stewards = [Steward(full_platform, f"s{i}") for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        acted = list(pool.map(lambda s: s.tick(), stewards))
    assert sum(acted) == 1
    assert [s.tick() for s in stewards] == acted


def test_another_steward_takes_over_from_a_dead_one(platform: Platform) -> None:
    first, second = Steward(platform, "first"), Steward(platform, "second")
    assert first.tick()
    assert not second.tick()
    with platform.db.write() as conn:
        conn.execute(update(Slot).values(until=1))
    assert second.tick()
    assert not first.tick()


def test_after_a_gap_live_work_is_given_one_lease_before_it_counts_as_dead(platform: Platform) -> None:
    clock = Clock()
    steward = Steward(platform, "s", clock)
    steward.tick()
    start(platform, "single")
    held = take(platform)
    clock.now += 60  # the database was away: nobody could renew
    expire(platform)
    with platform.db.write() as conn:
        conn.execute(update(Slot).values(until=1))
    steward.tick()
    assert runs.heartbeat(platform, held) is not None, "taken away although its worker lives"
    expire(platform)
    for _ in range(int(platform.settings.lease_s) + 1):
        clock.now += 1
        steward.tick()
    assert runs.heartbeat(platform, held) is None


def test_a_crash_between_commit_and_publish_loses_nothing(platform: Platform) -> None:
    queue_of(platform).swallow = True
    start(platform, "single")
    assert queue_of(platform).take() == []
    queue_of(platform).swallow = False
    steward = Steward(platform, "s")
    assert steward.resend() == 0, "it may still be on its way"
    aged(platform, 10)
    assert steward.resend() == 1
    take(platform)


def test_a_flushed_broker_gets_every_message_again(platform: Platform) -> None:
    for _ in range(5):
        start(platform, "single")
    queue_of(platform).take()
    aged(platform, 10)
    assert Steward(platform, "s").resend() == 5


def test_what_waits_in_the_queue_is_not_sent_twice(platform: Platform) -> None:
    for _ in range(5):
        start(platform, "single")
    aged(platform, 3600)
    assert Steward(platform, "s").resend() == 0
    assert len(queue_of(platform).messages) == 5


def test_submissions_during_an_outage_of_the_queue_run_afterwards(platform: Platform) -> None:
    queue_of(platform).down = True
    job_id = start(platform, "single")
    steward = Steward(platform, "s")
    steward.tick()
    queue_of(platform).down = False
    aged(platform, 10)
    steward.tick()
    assert take(platform).job_id == job_id


def test_a_batch_is_fed_through_a_bounded_window(platform: Platform) -> None:
    window = platform.settings.publish_window
    submit_many(platform, [NewJob("local", "single")] * (window + 10))
    assert queue_of(platform).messages == []
    steward = Steward(platform, "s")
    assert steward.feed() == window
    assert steward.feed() == 0
    runs.finish(platform, take(platform), Done({}))
    assert steward.feed() == 1


def test_a_queue_that_empties_fast_gets_a_wider_window_and_a_slow_one_does_not(platform: Platform) -> None:
    window = platform.settings.publish_window
    submit_many(platform, [NewJob("local", "single")] * 20 * window)
    steward = Steward(platform, "s")
    assert steward.feed() == window
    everything = update(StageRow).where(StageRow.state == "published").values(state="succeeded")
    for wider in (4, WIDEST):
        with platform.db.write() as conn:
            conn.execute(everything)
        assert steward.feed() == wider * window
        assert steward.pause_s < TICK_S
    for _ in range(4):
        assert steward.feed() == 0, "nothing was taken meanwhile"
    assert steward.pause_s == TICK_S


def test_a_round_is_bounded_and_does_not_starve_the_rest(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single", priority="low")] * 40)
    submit_many(platform, [NewJob("system", "single")])
    steward = Steward(platform, "s")
    steward.feed()
    assert queue_of(platform).messages[0].stage_id == 41


def test_a_flood_holds_up_no_other_owner_and_no_other_queue(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single", priority="critical")] * 2500)
    submit_many(platform, [NewJob("system", "single", priority="low"), NewJob("system", "fan")])
    Steward(platform, "s").feed()
    served = {(m.queue, m.stage_id > 2500) for m in queue_of(platform).take()}
    assert {("default", False), ("analysis", True)} <= served
    with platform.db.write() as conn:  # the flood's first have gone through
        conn.execute(update(StageRow).where(StageRow.state == "published").values(state="succeeded"))
        aged_all = update(StageRow).where(StageRow.state == "ready", StageRow.owner_id == "system")
        conn.execute(aged_all.values(ready_at=StageRow.ready_at - int(4 * AGEING_S * 1e6)))
    Steward(platform, "s").feed()
    assert 2501 in {m.stage_id for m in queue_of(platform).take()}, "ageing lifts even low above critical"


def test_beside_a_flood_a_newcomer_is_published_at_once_and_ahead(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single")] * 200)
    Steward(platform, "s").feed()
    queue_of(platform).take()
    submit_many(platform, [NewJob("system", "single")])
    (message,) = queue_of(platform).take()
    assert (message.stage_id, message.behind) == (201, False)
    submit_many(platform, [NewJob("local", "single", priority="high")])
    submit_many(platform, [NewJob("system", "single")])
    assert queue_of(platform).take() == [], "not before something more urgent that waits"
    assert Steward(platform, "s").feed() == 0, "that has found no room yet"
    with platform.db.write() as conn:
        conn.execute(update(StageRow).where(StageRow.state == "published").values(state="succeeded"))
    Steward(platform, "s").feed()
    assert [m.stage_id for m in queue_of(platform).take()[:2]] == [202, 203]


def test_who_has_nothing_running_beside_others_goes_ahead_after_a_while(platform: Platform) -> None:
    start(platform, "single")
    held = take(platform)
    submit_many(platform, [NewJob("system", "single")] * 2)
    queue_of(platform).take()
    steward = Steward(platform, "s")
    assert steward.bring_forward() == 0, "it was only just sent"
    aged(platform, 6)
    assert steward.bring_forward() == 1
    (message,) = queue_of(platform).take()
    assert not message.behind
    assert steward.bring_forward() == 1, "the next of them"
    assert steward.bring_forward() == 0
    runs.finish(platform, held, Done({}))
    aged(platform, 6)
    assert steward.bring_forward() == 0, "nobody is before them"


def test_what_is_sent_again_does_not_pass_those_whom_it_stands_behind(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single")] * 10)
    submit_many(platform, [NewJob("system", "single")])
    steward = Steward(platform, "s")
    steward.feed()
    first = {message.stage_id: message.behind for message in queue_of(platform).take()}
    assert list(first.values()).count(True) == 6
    aged(platform, 20)
    assert steward.resend() == 11
    again = {message.stage_id: message.behind for message in queue_of(platform).take()}
    assert again == {stage: stage != 11 for stage in first}, "an owner who has this much waits behind others"


def test_a_row_that_somebody_holds_does_not_stop_the_rescue_of_others(full_platform: Platform) -> None:
    from app.store.jobs import lock_job

    frozen, free = start(full_platform, "single"), start(full_platform, "single")
    held = {take(full_platform).job_id, take(full_platform).job_id}
    assert held == {frozen, free}
    expire(full_platform)
    with full_platform.db.write() as conn:
        lock_job(conn, frozen)
        assert Steward(full_platform, "s").rescue() == 1
    assert Steward(full_platform, "s").rescue() == 1


@given(st.integers(1, 30), st.floats(0.1, 60), st.floats(0, 0.999))
def test_backoff_grows_is_bounded_and_jittered(failures: int, base: float, jitter: float) -> None:
    delay = backoff_s(failures, base, jitter)
    assert 0.5 * min(300.0, base) <= delay <= 300.0
    assert delay <= backoff_s(failures + 1, base, 0.999) + 1e-9
