"""The autoscaler for real: under load worker processes come, afterwards they go, and no job is lost."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lab.repertoire import prepare
from benchmarks.lab.stack import LAB, Stack, wait_for
from workers.local import processes
from workers.local.growth import LocalWorkers, grown

pytestmark = pytest.mark.services
_SHORT = {
    "AUTO_SCALE": "true", "MIN_WORKERS": "0", "MAX_WORKERS": "3", "SCALE_TICK_S": "0.5",
    "SCALE_COOLDOWN_S": "1", "SCALE_UP_QUEUE": "3", "SCALE_DOWN_QUEUE": "2", "SCALE_DOWN_IDLE_S": "1.5",
    "DRAIN_S": "5",
}  # fmt: skip


@pytest.fixture
def stack(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Stack]:
    made = Stack(tmp_path, {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, **_SHORT}, LAB)
    prepare(postgres_url)
    try:
        made.start_api()
        yield made
    finally:
        for name in ("autoscaler", "second"):  # first, or they would start others
            if name in made.running:
                made.kill(name)
        for name in grown(tmp_path):
            processes.stop(tmp_path, name, grace_s=5)
        made.stop()


def alive(stack: Stack) -> dict[int, str]:
    return LocalWorkers(stack.folder, ()).mine()


def steps(stack: Stack) -> list[tuple[str, int, int]]:
    found = stack.http.get(f"{stack.url}/api/stats", timeout=10).json()["scaling"]
    assert all(step["reason"] and step["at"] for step in found)
    return [(step["pool"], step["before"], step["after"]) for step in reversed(found)]


def test_workers_come_with_the_load_and_go_with_it(stack: Stack) -> None:
    stack.start_worker("fixed", "extraction")
    for name in ("autoscaler", "second"):  # two of them: one acts
        stack.start(name, *LAB.worker, "autoscale")
    wait_for(lambda: "autoscaler.started" in stack.log("second"), 60, "both run")
    job = {"kind": "sleep", "params": {"seconds": 1.0}}
    answers = [stack.http.post(f"{stack.url}/api/jobs", json=job, timeout=30) for _ in range(24)]
    ids = [answer.json()["id"] for answer in answers]
    wait_for(lambda: len(alive(stack)) == 2, 60, f"two more workers\n{stack.log('autoscaler')}")
    (holder,) = {row[0] for row in stack.query("SELECT DISTINCT holder FROM scaling_steps")}

    # whoever acts may die: the other goes on, and knows the workers that there are
    first = next(n for n in ("autoscaler", "second") if holder.endswith(f"/{stack.running[n].pid}"))
    stack.kill(first)
    assert [stack.wait(job_id)["status"] for job_id in ids] == ["succeeded"] * len(ids)
    wait_for(lambda: not alive(stack), 90, f"they went again\n{stack.log('autoscaler')}{stack.log('second')}")
    assert stack.running["fixed"].poll() is None, "it is somebody else's"

    taken = steps(stack)
    assert taken[0] == ("extraction", 1, 2)
    assert max(after for _, _, after in taken) == 3
    assert taken[-1] == ("extraction", 2, 1)
    effects = stack.query("SELECT job_id, count(*) FROM lab_effects GROUP BY 1")
    assert dict(effects) == dict.fromkeys(ids, 1), "each job's effect is there once"
    assert stack.query("SELECT sum(losses), sum(failures) FROM stages") == [(0, 0)]


def test_it_is_off_unless_asked_for(stack: Stack) -> None:
    stack.environ["AUTO_SCALE"] = "false"
    process = stack.start("refused", *LAB.worker, "autoscale")
    assert process.wait(timeout=60) == 2
    assert "AUTO_SCALE=true" in stack.log("refused")


def test_a_worker_that_died_leaves_only_its_record(tmp_path: Path) -> None:
    """Also when its pid belongs to somebody else by now."""
    backend = LocalWorkers(tmp_path, ("-c", "import time; time.sleep(60)"))
    backend.start("analysis")
    backend.start("analysis")
    assert list(backend.mine().values()) == ["analysis", "analysis"]
    first, second = sorted(backend.mine())
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: list(backend.mine()) == [second], 10, "gone")
    (name,) = grown(tmp_path)
    record = tmp_path / "run" / f"{name}.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "started": "another boot:1"}))
    assert backend.mine() == {}
    assert grown(tmp_path) == []
    os.kill(second, signal.SIGKILL)
    os.waitpid(second, 0)
