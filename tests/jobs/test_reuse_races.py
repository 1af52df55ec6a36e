"""Races for a kept result, against the real PostgreSQL: makers, heirs, and the collection of files."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from app.jobs import control, runs
from app.jobs.model import Claim, Done, Measure
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.stages import chores
from app.store import files, results
from app.store.models import File, Job, StageRow
from tests.jobs.test_runs import finish, take
from tests.kinds import start

KEY = "k" * 64


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
    with platform.db.write() as conn:
        conn.execute(update(File).values(touched_at=File.touched_at - 2 * 86_400_000_000))
    old = time.time() - 2 * 86_400
    for digest, _ in platform.storage.digests():
        os.utime(platform.storage.path(digest), (old, old))
