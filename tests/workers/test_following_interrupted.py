"""A chain of known results meets a cancel, a second chain, a collection of files, its worker's death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from app.jobs import control, following
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.stages import chores, reuse
from app.store.models import File, Result, StageFile, StageRow
from tests.kinds import queue_of
from tests.stack import ROOT, wait_for
from tests.workers.conftest import with_artifacts
from tests.workers.known_work import (
    PIECES,
    hand_in,
    rows,
    run_one,
    serve,
    states,
    status_of,
)


def test_a_cancel_comes_between(lab: Platform, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the open transaction, and ends what that has left."""
    hand_in(lab, source)
    serve(lab)
    again = hand_in(lab, source)
    cancel = threading.Thread(target=control.cancel, args=(lab, "local", again))
    real = reuse.recall

    def recall(*rest: Any, **more: Any) -> Any:
        if cancel.ident is None:
            cancel.start()
            cancel.join(0.2)
            assert cancel.is_alive(), "the job is locked"
        return real(*rest, **more)

    def announce(*rest: Any) -> None:
        cancel.join(20)

    monkeypatch.setattr(following, "_AT_ONCE", 2)
    monkeypatch.setattr(following, "announce", announce)
    monkeypatch.setattr(reuse, "recall", recall)
    assert serve(lab) == [True]
    assert status_of(lab, again) == "cancelled"
    assert states(lab, again) == {"succeeded": 3, "cancelled": PIECES - 2 + 1}


def test_what_cannot_be_taken_over_so_goes_its_own_way(lab: Platform, source: Path) -> None:
    """A result that the database refuses is the failure of its own stage, not of the one that led to it."""
    hand_in(lab, source)
    serve(lab)

    def refuse(*_: Any) -> None:
        raise ValueError("no")

    again = hand_in(lab, source)
    spoilt = replace(lab, projectors={**lab.projectors, "gather": refuse})
    assert serve(spoilt)[0] is True
    assert states(lab, again) == {"succeeded": 1 + PIECES, "ready": 1}
    with lab.db.write() as conn:
        conn.execute(update(StageRow).where(StageRow.state == "ready").values(run_at=1))
    Steward(lab, "s").feed()
    assert serve(lab) == [True]
    assert rows(lab, again)["jobs"][0][1] == "succeeded"


def test_two_of_the_same_at_once(lab: Platform, source: Path) -> None:
    first = hand_in(lab, source)
    serve(lab)
    for _ in range(5):
        both = [hand_in(lab, source), hand_in(lab, source)]
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(lambda message: run_one(lab, message), queue_of(lab).take())) == [True, True]
        assert serve(lab) == [], "neither was in the other's way"
        for job_id in both:
            assert rows(lab, job_id) == rows(lab, first)


def test_collection_does_not_take_what_is_being_taken_over(
    lab: Platform, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that made it is gone and its result is old: it stays as long as somebody reads it."""
    first = hand_in(lab, source)
    serve(lab)
    control.delete(lab, "local", first)
    again = hand_in(lab, source)
    real = following.transition
    old = threading.Thread(target=chores.cleanup, args=(lab,))

    def transition(conn: Connection, draft: Any) -> Any:
        if old.ident is None:
            old.start()
            old.join(0.3)
        return real(conn, draft)

    monkeypatch.setattr(following, "transition", transition)
    two_months = 60 * 86_400_000_000
    with lab.db.write() as conn:
        conn.execute(update(Result).values(used_at=Result.used_at - two_months))
        conn.execute(update(File).values(touched_at=File.touched_at - two_months))
    for digest, _ in lab.storage.digests():
        os.utime(lab.storage.path(digest), (0, 0))
    served = serve(lab)
    old.join(20)
    assert status_of(lab, again) == "succeeded"
    assert served[0] is True
    with lab.db.read() as conn:
        named = set(conn.execute(select(StageFile.digest).where(StageFile.job_id == again)).scalars())
    assert len(named) == PIECES + 2
    assert all(lab.storage.has(digest) for digest in named)


_DYING = """
import time
from app.cache.redis import RedisCache
from app.jobs.model import Message
from app.jobs.platform import Platform
from app.settings import load
from app.stages import reuse
from app.storage import Storage
from app.store.database import Database
from tests.kinds import TEST_CATALOGUE, ListQueue
from app.jobs import following
from tests.workers import known_work
from tests.workers.conftest import with_artifacts

s = load()
db, cache, storage = Database(s.database_url), RedisCache(s.redis_url), Storage(s.storage_path)
p = Platform(s, db, cache, ListQueue(), storage, TEST_CATALOGUE, {})
real = following.transition
def hang(conn, draft):
    change = real(conn, draft)
    print("all is written, nothing committed", flush=True)
    time.sleep(60)
following.transition = hang
known_work.run_one(with_artifacts(p), Message(%r, %r, "", ""))
"""


def test_a_worker_that_dies_meanwhile_leaves_nothing_half_done(full_platform: Platform, source: Path) -> None:
    lab = with_artifacts(full_platform)
    first = hand_in(lab, source)
    serve(lab)
    again = hand_in(lab, source)
    (message,) = queue_of(lab).take()
    settings = lab.settings
    environ = {
        "USE_CELERY": "true",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "STORAGE_PATH": str(settings.storage_path),
        "PATH": os.environ["PATH"],
    }
    script = _DYING % (message.job_id, message.stage_id)
    worker = subprocess.Popen([sys.executable, "-c", script], env=environ, cwd=ROOT, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert b"written" in worker.stdout.readline()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    steward = Steward(lab, "s")
    wait_for(steward.feed, 20, "what is ready is published")
    assert states(lab, again) == {"succeeded": 1, "published": PIECES, "waiting": 1}
    assert serve(lab) == [True] * PIECES, "the last of them leads the job to its end"
    assert rows(lab, again) == rows(lab, first)
