"""The heart under stress, against the real PostgreSQL: many at once, outages, stewards that freeze."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text, update

from app.jobs import runs
from app.jobs.model import Claim, Done
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit_many
from app.store import jobs as rows
from app.store import leases
from app.store.database import SECOND, now_us
from app.store.models import Job, JobMetrics, ResultFile, Slot, StageRow
from tests.jobs.test_runs import expire, finish, take
from tests.jobs.test_steward import Clock
from tests.kinds import queue_of, start


def test_a_thousand_hopeless_rows_do_not_starve_one_orphan(full_platform: Platform) -> None:
    """Rows that cannot be rescued now (a frozen client holds their jobs) and that look more urgent."""
    platform = full_platform
    submit_many(platform, [NewJob("local", "single") for _ in range(1000)])
    with platform.db.write() as conn:
        everything = update(StageRow).values(
            state="running", lease_id="dead", lease_until=1, worker="w", published_at=1
        )
        conn.execute(everything)
        conn.execute(update(Job).values(status="running"))
    orphan = start(platform, "single")
    with platform.db.write() as conn:
        mine = update(StageRow).where(StageRow.job_id == orphan)
        conn.execute(mine.values(state="running", lease_id="orphan", lease_until=2, worker="w"))
    with platform.db.write() as conn:
        conn.execute(select(Job.id).where(Job.id != orphan).with_for_update())
        steward = Steward(platform, "s")
        began = time.monotonic()
        freed = [steward.rescue() for _ in range(6)]
        assert time.monotonic() - began < 60, "a round is bounded"
        assert sum(freed) == 1, "the orphan, however many are more urgent and cannot be had"
        with platform.db.read() as other:
            assert other.execute(select(StageRow.losses).where(StageRow.job_id == orphan)).scalar_one() == 1


def test_rows_that_break_their_rescue_go_to_the_back_of_the_line(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single") for _ in range(250)])
    with platform.db.write() as conn:
        held = {"lease_id": "dead", "lease_until": 1, "worker": "w", "published_at": 1}
        conn.execute(update(StageRow).values(state="running", after=[["broken"]], **held))
        conn.execute(update(Job).values(status="running"))
    orphan = start(platform, "single")
    with platform.db.write() as conn:
        mine = update(StageRow).where(StageRow.job_id == orphan)
        conn.execute(mine.values(state="running", lease_id="orphan", lease_until=2, worker="w"))
    steward = Steward(platform, "s")
    assert [steward.rescue(), steward.rescue()] == [0, 1]


def test_a_stage_whose_worker_died_keeps_its_place_in_line(platform: Platform) -> None:
    first = start(platform, "single")
    held = take(platform)
    steward = Steward(platform, "s")
    submit_many(platform, [NewJob("local", "single")] * (platform.settings.publish_window + 5))
    steward.feed()
    queue_of(platform).take()
    expire(platform)
    assert steward.rescue() == 1
    steward.feed()
    again = {message.job_id: message.behind for message in queue_of(platform).take()}
    assert again[first] is False, "ahead of what came while it ran, and though there was no room"
    assert runs.heartbeat(platform, held) is None


def test_two_stewards_one_acts_and_no_stage_is_taken_back_twice(full_platform: Platform) -> None:
    for _ in range(30):
        start(full_platform, "single")
    for _ in range(30):
        take(full_platform)
    expire(full_platform)
    stewards = [Steward(full_platform, f"s{i}") for i in range(4)]
    with ThreadPoolExecutor(4) as pool:  # as if two had been elected: the fence is in the rows, too
        freed = list(pool.map(lambda s: s.rescue(), stewards))
    assert sum(freed) == 30
    with full_platform.db.read() as conn:
        assert set(conn.execute(select(StageRow.losses)).scalars()) == {1}


def vacant(platform: Platform, for_s: float, held_s: float = 60.0) -> None:
    """The role's holder, and those before it, had it for `held_s`, and nobody since then."""
    with platform.db.write() as conn:
        until = now_us() - int(for_s * SECOND)
        conn.execute(update(Slot).values(until=until, since=until - int(held_s * SECOND)))


def test_who_has_just_begun_rescues_at_once_in_a_dead_stewards_place(platform: Platform) -> None:
    start(platform, "single")
    held = take(platform)
    expire(platform)
    vacant(platform, for_s=1)
    assert Steward(platform, "young").tick()
    assert runs.heartbeat(platform, held) is None


def test_where_nobody_was_steward_for_a_while_the_living_first_get_a_lease(platform: Platform) -> None:
    start(platform, "single")
    held = take(platform)
    for for_s, held_s in ((5, 60), (1, 0.1)):
        expire(platform)
        vacant(platform, for_s, held_s)
        assert Steward(platform, "young").tick()
        assert runs.heartbeat(platform, held) is not None


def test_a_steward_frozen_in_its_transaction_holds_up_no_other(full_platform: Platform) -> None:
    """What the hardest scenario taught: its row lock used to freeze all of them, for a minute."""
    platform = full_platform
    first, second = Steward(platform, "first"), Steward(platform, "second")
    assert first.tick()
    with platform.db.write() as frozen:
        assert leases.hold_slot(frozen, "steward", "first", 4.0) is not None
        began = time.monotonic()
        assert not second.tick()
        assert time.monotonic() - began < 5, "it does not wait for the lock"
    with platform.db.read() as conn:
        allowed = conn.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert allowed == "10s", "PostgreSQL ends the frozen transaction within a lease"


def test_whoever_saw_the_database_all_along_rescues_at_once(full_platform: Platform) -> None:
    platform, clock = full_platform, Clock()
    first, second = Steward(platform, "first", clock), Steward(platform, "second", clock)
    for _ in range(int(platform.settings.lease_s) + 2):
        assert first.tick()
        assert not second.tick()
        clock.now += 1
    start(platform, "single")
    held = take(platform)
    expire(platform)
    with platform.db.write() as conn:
        conn.execute(update(Slot).values(until=1))  # the first is dead
    assert second.tick()
    assert runs.heartbeat(platform, held) is None


def test_after_an_outage_of_40_s_no_live_work_is_taken_away(full_platform: Platform) -> None:
    platform, clock = full_platform, Clock()
    steward, other = Steward(platform, "s", clock), Steward(platform, "t", clock)
    lease_s = int(platform.settings.lease_s)
    for _ in range(lease_s + 2):
        steward.tick()
        clock.now += 1
    start(platform, "single")
    start(platform, "single")
    living, dead = take(platform), take(platform)
    expire(platform)  # 40 s in which nobody could renew
    clock.now += 40
    vacant(platform, for_s=36)
    assert steward.tick()
    assert not other.tick()
    for _ in range(lease_s + 2):
        steward.tick()
        assert runs.heartbeat(platform, living) is not None, "the living renews in time and keeps its stage"
        clock.now += 1
    assert runs.heartbeat(platform, dead) is None, "what nobody renewed is taken back after one lease"


def test_fan_in_under_finishes_at_once_again_and_again(full_platform: Platform) -> None:
    """Whoever of the pieces ends last makes the join ready, exactly once, whatever the order."""
    platform, queue = full_platform, queue_of(full_platform)
    rounds, pieces = int(os.environ.get("FAN_IN_ROUNDS", "25")), 12
    with ThreadPoolExecutor(8) as pool:
        for _ in range(rounds):
            job_id = start(platform, "fan")
            split = take(platform, "split")
            assert runs.finish(platform, split, Done({}, spawn=tuple({"n": i} for i in range(pieces))))
            while held := _claim_all(platform):
                done = list(pool.map(lambda c: finish(platform, c), held))
                assert all(done)
            with platform.db.read() as conn:
                states = conn.execute(select(StageRow.state).where(StageRow.job_id == job_id)).scalars().all()
                assert set(states) == {"succeeded"}
                assert len(states) == pieces + 2
                job = conn.execute(select(Job.status, Job.version).where(Job.id == job_id)).one()
                assert job.status == "succeeded"
            assert queue.messages == []


def _claim_all(platform: Platform) -> list[Claim]:
    Steward(platform, "s").feed()
    got = [
        runs.claim(platform, m.job_id, m.stage_id, str(uuid.uuid4()), "w") for m in queue_of(platform).take()
    ]
    return [claim for claim in got if claim is not None]


def test_nothing_is_measured_twice_when_finishes_race(full_platform: Platform) -> None:
    platform = full_platform
    for _ in range(20):
        start(platform, "chain")
        held = take(platform)
        with ThreadPoolExecutor(6) as pool:  # a reply was lost, again and again
            assert all(pool.map(lambda _, h=held: finish(platform, h), range(6)))  # type: ignore[misc]
        queue_of(platform).take()
    with platform.db.read() as conn:
        assert len(conn.execute(select(JobMetrics.id)).all()) == 20
        assert rows.now(conn) > 0
        assert conn.execute(select(ResultFile.key)).all() == []
