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
from tests.workers.conftest import MakePlatform
from workers.autoscaler import Step
from workers.local import processes
from workers.local.growth import LocalWorkers, grown
from workers.scaling import SCALED, Autoscaler

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
    wait_for(lambda: len(alive(stack)) == 2, 120, f"two more workers\n{stack.log('autoscaler')}")
    (holder,) = {row[0] for row in stack.query("SELECT DISTINCT holder FROM scaling_steps")}

    # whoever acts may die: the other goes on, and knows the workers that there are
    first = next(n for n in ("autoscaler", "second") if holder.endswith(f"/{stack.running[n].pid}"))
    stack.kill(first)
    assert [stack.wait(job_id)["status"] for job_id in ids] == ["succeeded"] * len(ids)
    wait_for(lambda: not alive(stack), 90, f"they went again\n{stack.log('autoscaler')}{stack.log('second')}")
    assert stack.running["fixed"].poll() is None, "it is somebody else's"

    taken = steps(stack)
    assert {pool for pool, _, _ in taken} == {"extraction"}
    assert taken[0][2] > taken[0][1]
    assert max(after for _, _, after in taken) == 3
    assert taken[-1] == ("extraction", 2, 1)
    effects = stack.query("SELECT job_id, count(*) FROM lab_effects GROUP BY 1")
    assert dict(effects) == dict.fromkeys(ids, 1), "each job's effect is there once"
    assert stack.query("SELECT sum(losses), sum(failures) FROM stages") == [(0, 0)]


class Notes:
    """A backend that only notes what it is asked for."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def mine(self) -> dict[int, str]:
        return {}

    def start(self, profile: str) -> None:
        self.started.append(profile)


def test_workers_get_time_to_say_that_they_are_there(make_platform: MakePlatform) -> None:
    """At the start, and after a database that was away: else all would seem to be missing."""
    backend, clock = Notes(), [0.0]
    scaler = Autoscaler(make_platform(), backend, "a", clock=lambda: clock[0])

    def at(now: float) -> list[Step]:
        clock[0] = now
        return scaler.tick()

    assert at(0) == at(5) == at(10) == []
    assert at(500) == [], "nothing was heard for long"
    assert [step for now in range(505, 560, 5) for step in at(now)] == []
    assert {step.pool for step in at(560)} == set(SCALED)
    assert sorted(backend.started) == sorted(SCALED)


def test_one_autoscaler_acts(make_platform: MakePlatform) -> None:
    platform, now = make_platform(SCALE_COOLDOWN_S="1"), 0.0
    first, second = (Autoscaler(platform, Notes(), name, clock=lambda: now) for name in ("a", "b"))
    assert first.tick() == second.tick() == []
    now = 2.0
    assert second.tick() == []
    assert len(first.tick()) == 3


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
