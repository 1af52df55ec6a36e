"""Draining real workers: what they run ends, they exit well, and it needs no broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lab.repertoire import prepare
from benchmarks.lab.stack import LAB, Stack, wait_for
from workers.local.servers import start_redis, stop_redis

pytestmark = pytest.mark.services


@pytest.fixture
def stack(tmp_path: Path, postgres_url: str) -> Iterator[Stack]:
    """API, and a Redis of the test's own, which it may stop."""
    prepare(postgres_url)
    url = start_redis(tmp_path / "redis", durable=False)
    made = Stack(tmp_path, {"DATABASE_URL": postgres_url, "REDIS_URL": url, "DRAIN_S": "30"}, LAB)
    try:
        made.start_api()
        yield made
    finally:
        made.stop()
        stop_redis(tmp_path / "redis")


def workers(stack: Stack) -> dict[str, dict[str, Any]]:
    answer = stack.http.get(f"{stack.url}/api/workers", timeout=10).json()
    return {worker["name"].partition("@")[0]: worker for worker in answer["workers"]}


def drain(stack: Stack, name: str) -> None:
    full_name = workers(stack)[name]["name"]
    answer = stack.http.post(f"{stack.url}/api/workers/{full_name}/drain", timeout=10)
    assert answer.status_code == 202, answer.text


def test_a_drained_worker_ends_its_stage_takes_no_other_and_exits(stack: Stack, tmp_path: Path) -> None:
    first = stack.start_worker("first", "extraction")
    order = {"kind": "sleep", "params": {"seconds": 4}}
    ids = [stack.http.post(f"{stack.url}/api/jobs", json=order, timeout=10).json()["id"] for _ in range(3)]
    wait_for(lambda: workers(stack).get("first", {}).get("running") == 1, 60, "it works")
    drain(stack, "first")
    assert first.wait(timeout=60) == 0
    assert workers(stack) == {}
    assert [stack.job(job_id)["status"] for job_id in ids] == ["succeeded", "queued", "queued"]
    second = stack.start_worker("second", "extraction")
    assert stack.wait(ids[1])["status"] == "succeeded"
    stop_redis(tmp_path / "redis")
    drain(stack, "second")
    assert second.wait(timeout=60) == 0, "it needs no broker"
    stages = [stage for job_id in ids for stage in stack.job(job_id)["stages"]]
    assert sum(stage["losses"] + stage["failures"] for stage in stages) == 0
