"""What must survive: a worker killed in mid-stage, a flushed broker, a stopped worker that wakes up late."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.stack import ROOT, Stack, wait_for
from workers.local.servers import start_redis, stop_redis

pytestmark = pytest.mark.services


@pytest.fixture
def full(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url})
    try:
        stack.start_api()
        yield stack
    finally:
        stack.stop()


def query(stack: Stack, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return stack.query(sql, *values)


def running(stack: Stack, job_id: str, name: str) -> bool:
    stages = stack.job(job_id)["stages"]
    return any(s["name"] == name and s["state"] == "running" and s["progress"] > 0 for s in stages)


def effects_once(stack: Stack, job_id: str) -> None:
    """Each stage succeeded once, its rows are there once, and every file that a row names is stored."""
    doubled = query(
        stack,
        "SELECT stage, chunk FROM job_metrics WHERE job_id = %s AND outcome = 'succeeded' "
        "GROUP BY stage, chunk HAVING count(*) > 1",
        job_id,
    )
    assert doubled == []
    slides = query(stack, "SELECT number FROM slides WHERE job_id = %s ORDER BY number", job_id)
    assert [n for (n,) in slides] == list(range(1, len(slides) + 1))
    assert slides
    names = query(
        stack,
        "SELECT digest FROM artifacts WHERE job_id = %s UNION SELECT digest FROM slides WHERE job_id = %s",
        job_id,
        job_id,
    )
    for (digest,) in names:
        assert (Path(stack.environ["STORAGE_PATH"]) / digest[:2] / digest).is_file()


def test_a_worker_killed_in_mid_stage_costs_nothing_but_time(full: Stack, silent_lecture: Path) -> None:
    full.start_worker("first", "general")
    job_id = full.submit(silent_lecture)
    wait_for(lambda: running(full, job_id, "extract_part"), 90, "extraction under way")
    full.kill("first")
    killed = time.monotonic()
    full.start_worker("second", "general")

    def claimed_again() -> bool:
        losses = query(full, "SELECT losses, state FROM stages WHERE job_id = %s AND losses > 0", job_id)
        return any(state in ("running", "succeeded") for _, state in losses)

    wait_for(claimed_again, 30, "the lost stage taken up again")
    assert time.monotonic() - killed < 30
    document = full.wait(job_id)
    assert document["status"] == "succeeded", document
    assert sum(s["losses"] for s in document["stages"]) >= 1
    assert sum(s["failures"] for s in document["stages"]) == 0
    effects_once(full, job_id)


def test_a_flushed_broker_gives_every_queued_job_back(full: Stack) -> None:
    ids = [full.submit(ROOT / "tests/fixtures/speech/lecture.ogg", title=f"n{i}") for i in range(4)]
    client = redis.Redis.from_url(full.environ["REDIS_URL"])
    assert client.llen("default") == 4, "no worker runs yet"
    client.flushall()
    client.close()
    full.start_worker("w", "general")
    for job_id in ids:
        assert full.wait(job_id)["status"] == "succeeded"


def test_a_worker_that_was_frozen_past_its_lease_is_refused(full: Stack, silent_lecture: Path) -> None:
    frozen = full.start_worker("frozen", "general", "--concurrency", "1")
    job_id = full.submit(silent_lecture)
    wait_for(lambda: running(full, job_id, "extract_part"), 90, "extraction under way")
    pids = _tree(frozen.pid)
    for pid in pids:
        _signal(pid, signal.SIGSTOP)
    full.start_worker("other", "general", "--concurrency", "1")
    stolen = "SELECT 1 FROM stages WHERE job_id = %s AND name = 'extract_part' AND losses > 0"
    wait_for(lambda: query(full, stolen, job_id), 30, "the frozen worker's stage taken away")
    for pid in pids:
        _signal(pid, signal.SIGCONT)
    document = full.wait(job_id)
    assert document["status"] == "succeeded", document
    effects_once(full, job_id)


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in _tree(int(child)))]


def _signal(pid: int, number: int) -> None:
    import os

    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # a stage's child that had just ended


def test_submissions_while_redis_is_dead_are_kept_and_run_when_it_is_back(
    tmp_path: Path, postgres_url: str
) -> None:
    state = tmp_path / "redis"
    url = start_redis(state, durable=False)
    stack = Stack(tmp_path, {"DATABASE_URL": postgres_url, "REDIS_URL": url})
    try:
        stack.start_api()
        stack.start_worker("w", "general")
        stop_redis(state)
        began = time.monotonic()
        job_id = stack.submit(ROOT / "tests/fixtures/speech/lecture.ogg")
        assert stack.job(job_id)["status"] == "queued"
        assert time.monotonic() - began < 10
        health = stack.http.get(f"{stack.url}/api/health", timeout=10).json()
        assert "ok" not in str(health["components"]["cache"])
        start_redis(state, durable=False)
        assert stack.wait(job_id, 120)["status"] == "succeeded"
    finally:
        stack.stop()
        stop_redis(state)
