"""The heart under stress, against the real PostgreSQL: many at once, outages, races for a reused result."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from app.jobs import control, runs
from app.jobs.model import Claim, Done, Measure
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit_many
from app.stages import chores
from app.store import files, leases, results
from app.store import jobs as rows
from app.store.models import File, Job, JobMetrics, ResultFile, Slot, StageRow
from tests.jobs.test_runs import expire, finish, take
from tests.jobs.test_steward import Clock
from tests.kinds import queue_of, start

KEY, DIGEST = "k" * 64, "d" * 64


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


def test_a_steward_frozen_in_its_transaction_holds_up_no_other(full_platform: Platform) -> None:
    """What the hardest scenario taught: its row lock used to freeze all of them, for a minute."""
    platform = full_platform
    first, second = Steward(platform, "first"), Steward(platform, "second")
    assert first.tick()
    with platform.db.write() as frozen:
        assert leases.hold_slot(frozen, "steward", "first", 4.0)
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
    assert other.tick() is False
    for _ in range(lease_s + 2):
        steward.tick()
        assert runs.heartbeat(platform, living) is not None, "the living renews in time and keeps its stage"
        clock.now += 1
    assert runs.heartbeat(platform, dead) is None, "what nobody renewed is taken back after one lease"


def test_fan_in_under_finishes_at_once_again_and_again(full_platform: Platform) -> None:
    """Whoever of the pieces ends last makes the join ready, exactly once, whatever the order."""
    platform, queue = full_platform, queue_of(full_platform)
    rounds, pieces = 25, 12
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


# ------------------------------------------------------------------------------------- reuse races
def reserve(platform: Platform, claim: Claim) -> tuple[object, bool]:
    with platform.db.write() as conn:
        return results.find_or_reserve(conn, KEY, "local", "only", claim.stage_id, claim.lease_id)


def test_of_two_identical_jobs_at_once_one_makes_the_result(full_platform: Platform) -> None:
    platform = full_platform
    for _ in range(20):
        with platform.db.write() as conn:
            results.drop(conn, KEY)
        start(platform, "single")
        start(platform, "single")
        claims = [take(platform), take(platform)]
        with ThreadPoolExecutor(2) as pool:
            got = list(pool.map(lambda c: reserve(platform, c), claims))
        assert sorted(ours for _, ours in got) == [False, True]
        assert [row for row, _ in got] == [None, None]
        maker = next(c for c, (_, ours) in zip(claims, got, strict=True) if ours)
        other = next(c for c in claims if c is not maker)
        assert runs.finish(platform, maker, Done({"made": 1}), reuse_key=KEY)
        row, ours = reserve(platform, other)
        assert row is not None
        assert not ours
        assert finish(platform, other)


def test_a_result_outlives_the_job_that_made_it(full_platform: Platform) -> None:
    """Its producer is deleted while another is about to take it over: the files stay with the result."""
    platform = full_platform
    digest = _stored(platform)
    producer = start(platform, "single")
    made = take(platform)
    assert reserve(platform, made)[1]
    done = Done({"files": {digest: 3}}, Measure())
    assert runs.finish(platform, made, done, reuse_key=KEY)
    heir = start(platform, "single")
    claim = take(platform)
    row, _ = reserve(platform, claim)
    assert row is not None
    control.delete(platform, "local", producer)
    _aged(platform)
    assert chores._collect(platform) == 0, "the kept result names it"
    assert runs.finish(platform, claim, Done({"files": {digest: 3}}, Measure(reused=True)), reuse_key=KEY)
    with platform.db.read() as conn:
        assert conn.execute(select(Job.status).where(Job.id == heir)).scalar_one() == "succeeded"
    assert platform.storage.has(digest)


def test_a_producer_that_dies_frees_its_reservation(full_platform: Platform) -> None:
    platform = full_platform
    start(platform, "single")
    start(platform, "single")
    dead, heir = take(platform), take(platform)
    assert reserve(platform, dead)[1]
    assert not reserve(platform, heir)[1]
    with platform.db.write() as conn:
        gone = update(StageRow).where(StageRow.id == dead.stage_id)
        conn.execute(gone.values(lease_until=1))
    assert Steward(platform, "s").rescue() == 1
    assert reserve(platform, heir)[1], "a lease that is gone reserves nothing"


@pytest.mark.parametrize("first", ["collector", "finish"])
def test_collection_while_a_file_is_being_reused(full_platform: Platform, first: str) -> None:
    """Whoever is quicker: never a row that names bytes which are gone."""
    platform = full_platform
    for _ in range(15):
        digest = _stored(platform)
        _aged(platform)
        start(platform, "single")
        claim = take(platform)
        barrier = threading.Barrier(2)

        def collect(b: threading.Barrier = barrier) -> None:
            b.wait(10)
            if first == "finish":
                time.sleep(0.002)
            chores._collect(platform)

        def name(c: Claim = claim, d: str = digest, b: threading.Barrier = barrier) -> None:
            b.wait(10)
            if first == "collector":
                time.sleep(0.002)
            assert _put(platform) == d  # as `put` of the same bytes does: stored again before it is named
            assert runs.finish(platform, c, Done({"files": {d: 3}}))

        with ThreadPoolExecutor(2) as pool:
            for work in [pool.submit(collect), pool.submit(name)]:
                work.result(30)
        assert platform.storage.has(digest), "a row names it"
        with platform.db.write() as conn:
            conn.execute(text("DELETE FROM stage_files"))


def _put(platform: Platform) -> str:
    with platform.storage.receive() as incoming:
        incoming.write(b"abc")
    return incoming.digest


def _stored(platform: Platform) -> str:
    digest = _put(platform)
    with platform.db.write() as conn:
        files.touch(conn, digest, 3)
    return digest


def _aged(platform: Platform) -> None:
    """Two days go by for every stored content."""
    import os

    with platform.db.write() as conn:
        conn.execute(update(File).values(touched_at=File.touched_at - 2 * 86_400_000_000))
    old = time.time() - 2 * 86_400
    for digest, _ in platform.storage.digests():
        os.utime(platform.storage.path(digest), (old, old))


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
