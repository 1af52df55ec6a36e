"""Real Celery processes: they answer, Flower sees them, two beats make one job, SIGTERM loses nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.test_recovery import query
from tests.stack import ROOT, Stack, free_port, wait_for

pytestmark = pytest.mark.services
SPEECH = ROOT / "tests" / "fixtures" / "speech" / "lecture.ogg"


@pytest.fixture
def full(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Stack]:
    stack = Stack(
        tmp_path,
        {
            "DATABASE_URL": postgres_url,
            "REDIS_URL": redis_url,
            "BEAT_TICK_S": "1",
            "FLOWER_BASIC_AUTH": "ada:secret",
        },
    )
    try:
        yield stack
    finally:
        stack.stop()


def test_two_beats_make_one_job_a_slot(full: Stack) -> None:
    full.start_worker("w", "maintenance")
    for name in ("beat-a", "beat-b"):
        full.environ["INSTANCE_ID"] = name
        full.start(name, "celery_worker.py", "beat")
    ended = "SELECT kind FROM jobs WHERE owner_id = 'system' AND status = 'succeeded'"
    wait_for(lambda: len(query(full, ended)) >= 3, 60, "the scheduled jobs")
    ticks = "SELECT count(*) FROM jobs WHERE owner_id = 'system'"
    first = query(full, ticks)
    time.sleep(4)  # several more ticks of both beats
    slots = query(full, "SELECT name, slot, count(*) FROM scheduled_runs GROUP BY 1, 2 HAVING count(*) > 1")
    assert slots == []
    assert query(full, "SELECT count(*) FROM scheduled_runs") == query(full, ticks)
    assert first[0][0] <= 6, "a slot boundary may have passed, no more"


def test_workers_answer_and_flower_lists_them_and_their_tasks(full: Stack) -> None:
    full.start_worker("general-1", "general")
    full.start_worker("analysis-1", "analysis")
    port = free_port()
    full.start("flower", "celery_worker.py", "flower", "--port", str(port))
    pong = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "celery_worker", "inspect", "ping", "--timeout", "10"],
        cwd=ROOT,
        env=full.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert pong.stdout.count("pong") >= 2, pong.stdout + pong.stderr
    base = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return requests.get(base, timeout=2).status_code == 401
        except requests.RequestException:
            return False

    wait_for(up, 60, "Flower, asking for a password")
    assert requests.get(f"{base}/api/workers", timeout=10).status_code == 401
    login = ("ada", "secret")

    workers: dict[str, Any] = {}

    def listed() -> bool:
        found = requests.get(f"{base}/api/workers", params={"refresh": 1}, auth=login, timeout=20).json()
        workers.update({name.split("@")[0]: told for name, told in found.items()})
        return workers.keys() >= {"general-1", "analysis-1"}

    wait_for(listed, 40, "both workers in Flower", every_s=1)
    pools = {workers[name]["stats"]["pool"]["implementation"] for name in ("general-1", "analysis-1")}
    assert pools == {"workers.pool:TaskPool"}
    full.start_api()

    def watched() -> bool:
        """Flower asks workers for the events of tasks, some seconds after its start."""
        assert full.wait(full.submit(SPEECH))["status"] == "succeeded"
        tasks = requests.get(f"{base}/api/tasks", auth=login, timeout=10).json()
        done = {task["name"] for task in tasks.values() if task["state"] == "SUCCESS"}
        return {"tasks.prepare_task", "tasks.generate_study_guide_task"} <= done

    wait_for(watched, 60, "finished tasks in Flower", every_s=1)


def test_a_worker_told_to_stop_gives_its_stage_to_the_next(full: Stack, silent_lecture: Path) -> None:
    full.start_api()
    first = full.start_worker("first", "general")
    job_id = full.submit(silent_lecture)

    def extracting() -> bool:
        stages = full.job(job_id)["stages"]
        return any(s["name"] == "extract_part" and s["state"] == "running" for s in stages)

    wait_for(extracting, 60, "extraction under way")
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=30) == 143, "not drained: a supervisor shall start it again"
    held = query(full, "SELECT count(*) FROM stages WHERE job_id = %s AND state = 'running'", job_id)
    assert held == [(0,)]
    del full.running["first"]
    full.start_worker("second", "general")
    document = full.wait(job_id)
    assert document["status"] == "succeeded"
    assert sum(s["losses"] + s["failures"] for s in document["stages"]) == 0
