"""The registry of workers: who lives, what each runs, who is to drain; on both stacks."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import update

from app.errors import Conflict, NotFound
from app.jobs import fleet, queues
from app.jobs.platform import Platform
from app.jobs.runs import claim
from app.store.models import Worker
from tests.kinds import queue_of, start
from workers.presence import Presence, profile_of, run_presence


def presence(platform: Platform, name: str = "general-1@host") -> Presence:
    return Presence(platform.db, name, ["default", "analysis"], 2)


def test_a_worker_is_known_from_its_first_beat_to_its_end(platform: Platform) -> None:
    worker = presence(platform)
    assert fleet.look(platform) == []
    worker.beat()
    (seen,) = fleet.look(platform)
    assert (seen.name, seen.pid, seen.queues, seen.concurrency) == (
        "general-1@host",
        os.getpid(),
        ("analysis", "default"),
        2,
    )
    assert seen.memory_bytes > 10_000_000
    worker.end()
    assert fleet.look(platform) == []


def test_one_that_is_not_heard_of_is_not_there(platform: Platform) -> None:
    worker = presence(platform)
    worker.beat()
    with platform.db.write() as conn:
        conn.execute(update(Worker).values(seen_at=Worker.seen_at - int(fleet.HEARD_OF_S * 1e6)))
    assert fleet.look(platform) == []
    worker.beat()
    assert len(fleet.look(platform)) == 1, "it was only slow"


def test_what_each_runs_is_counted(platform: Platform) -> None:
    presence(platform).beat()
    presence(platform, "idle@host").beat()
    start(platform, "single")
    (message,) = queue_of(platform).take()
    claim(platform, message.job_id, message.stage_id, "lease", "general-1@host/4711")
    assert {w.name: w.running for w in fleet.look(platform)} == {"general-1@host": 1, "idle@host": 0}


def test_queues_know_who_serves_them_and_leave_out_who_drains(full_platform: Platform) -> None:
    presence(full_platform).beat()
    presence(full_platform, "two@host").beat()
    fleet.drain(full_platform, "two@host")
    served = {q.name: (q.workers, q.slots) for q in queues.look(full_platform)}
    assert served["default"] == served["analysis"] == (1, 2)
    assert served["generation"] == (0, 0)


def test_a_drain_is_heard_at_the_next_beat_and_acted_on_once(full_platform: Platform) -> None:
    told = []
    worker = presence(full_platform)
    worker.drain = lambda: told.append("drain")
    worker.beat()
    fleet.drain(full_platform, worker.name)
    fleet.drain(full_platform, worker.name)
    worker.beat()
    worker.beat()
    assert told == ["drain"]
    (seen,) = fleet.look(full_platform)
    assert seen.draining_at is not None


def test_a_new_worker_under_an_old_name_is_not_drained(full_platform: Platform) -> None:
    presence(full_platform).beat()
    fleet.drain(full_platform, "general-1@host")
    presence(full_platform).beat()
    (seen,) = fleet.look(full_platform)
    assert seen.draining_at is None


def test_who_is_not_there_cannot_be_drained(full_platform: Platform) -> None:
    with pytest.raises(NotFound):
        fleet.drain(full_platform, "nobody")


def test_the_embedded_server_is_not_drained(platform: Platform) -> None:
    presence(platform).beat()
    if platform.settings.embedded:
        with pytest.raises(Conflict, match="pause its queues"):
            fleet.drain(platform, "general-1@host")


def test_several_beat_in_one_thread_and_leave_no_row_behind(platform: Platform) -> None:
    rows = []

    def wait(_seconds: float) -> bool:
        rows.append({w.name for w in fleet.look(platform)})
        return len(rows) == 2

    run_presence([presence(platform, "a"), presence(platform, "b")], wait)
    assert rows == [{"a", "b"}] * 2
    assert fleet.look(platform) == []


def test_a_profile_is_told_by_its_queues() -> None:
    assert profile_of(["default", "generation"]) == "generation"
    assert profile_of(["default", "analysis"]) is None
