"""A worker that listens no more is noticed, and starts itself anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import Celery

from app.errors import Unavailable
from benchmarks.lab.repertoire import prepare
from benchmarks.lab.stack import LAB, Stack, wait_for
from workers.canary import Canary


class Worker:
    """What a canary looks at."""

    def __init__(self) -> None:
        self.now, self.queued, self.taken, self.busy, self.down = 0.0, 0, 0, False, False

    def waiting(self) -> int:
        if self.down:
            raise Unavailable("The queue cannot be reached just now.")
        return self.queued

    def canary(self) -> Canary:
        return Canary(self.waiting, lambda: self.taken, lambda: self.busy, 10.0, lambda: self.now)

    def watch(self, canary: Canary, seconds: int) -> list[bool]:
        said = []
        for _ in range(seconds):
            self.now += 1
            said.append(canary.deaf())
        return said


def test_messages_that_wait_beside_an_idle_worker_are_a_sign() -> None:
    worker = Worker()
    worker.queued = 3
    said = worker.watch(worker.canary(), 13)
    assert said[:11] == [False] * 11
    assert said[12]


@pytest.mark.parametrize("why", ["empty", "busy", "down", "taking"])
def test_what_is_no_sign(why: str) -> None:
    worker = Worker()
    canary = worker.canary()
    worker.queued, worker.busy, worker.down = int(why != "empty"), why == "busy", why == "down"
    for _ in range(40):
        worker.taken += why == "taking"
        assert worker.watch(canary, 1) == [False]


@pytest.mark.services
def test_a_deaf_worker_starts_itself_anew(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    prepare(postgres_url)
    stack = Stack(tmp_path, {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "LEASE_S": "2"}, LAB)
    try:
        process = stack.start_worker("w", "maintenance")
        stack.start_api()
        app = Celery(broker=redis_url, set_as_current=False)
        stopped = app.control.cancel_consumer("default", reply=True, timeout=20)
        app.close()
        assert stopped, "the worker answers, but listens to that queue no more"
        answer = stack.http.post(f"{stack.url}/api/jobs", json={"kind": "note"}, timeout=30)
        job_id = answer.json()["id"]
        assert stack.wait(job_id, 120)["status"] == "succeeded"
        assert "worker.deaf" in (tmp_path / "w.log").read_text()
        assert process.poll() is None, "the same process, as far as whoever started it can see"
        wait_for(lambda: (tmp_path / "w.log").read_text().count(" ready.") == 2, 30, "it said so twice")
    finally:
        stack.stop()
