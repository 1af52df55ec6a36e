"""The laboratory does what the benchmarks and fault scenarios rely on: each kind, through real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.stages import chores
from benchmarks.lab import functions
from benchmarks.lab.catalogue import CATALOGUE, SCHEDULE_S
from benchmarks.lab.repertoire import LAB, prepare
from benchmarks.lab.stack import LAB as ROOTS
from benchmarks.lab.stack import Stack, wait_for
from workers.celery_app import routes
from workers.profiles import PROFILES


@pytest.fixture
def stack(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Stack]:
    prepare(postgres_url)
    limits = {"STAGE_MEMORY_MB": "256"}
    urls = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "MAX_FAILURES": "1", "BEAT_TICK_S": "1"}
    made = Stack(tmp_path, urls | limits, ROOTS)
    try:
        yield made
    finally:
        made.stop()


def submit(stack: Stack, kind: str, **params: float) -> str:
    answer = stack.http.post(f"{stack.url}/api/jobs", json={"kind": kind, "params": params}, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_every_stage_has_what_does_its_work_and_somebody_who_serves_it() -> None:
    for stage in CATALOGUE.stages:
        if stage.heavy:
            assert functions.load(stage.name).__name__ == stage.name
        else:
            assert stage.name in LAB.chores
    assert {route["queue"] for route in routes(CATALOGUE).values()} <= set(PROFILES["general"].queues)
    assert set(SCHEDULE_S) <= {name for name, kind in CATALOGUE.kinds.items() if kind.internal}
    assert set(chores.CHORES) <= set(LAB.chores)


@pytest.mark.services
def test_each_kind_does_as_told(stack: Stack) -> None:
    stack.start_worker("w", "general")
    stack.start("beat", *stack.roots.worker, "beat")
    stack.start_api()
    good = ("noop", "note", "file", "chain", "sleep", "write", "fan")
    ids = {kind: submit(stack, kind) for kind in good}
    poison = {kind: submit(stack, kind) for kind in ("crash", "hog")}
    ended: dict[str, dict[str, Any]] = {kind: stack.wait(i, 150) for kind, i in (ids | poison).items()}
    assert {kind: ended[kind]["status"] for kind in good} == dict.fromkeys(good, "succeeded")
    codes = {kind: ended[kind]["error"]["code"] for kind in poison}
    assert codes == {"crash": "crashed", "hog": "out_of_memory"}
    assert len(stack.artifact(ids["write"], "effect.bin")) == 10_000
    assert sum(s["name"] == "fan_piece" for s in ended["fan"]["stages"]) == 4
    ticks = "SELECT count(*) FROM jobs WHERE kind = 'tick' AND status = 'succeeded'"
    wait_for(lambda: stack.query(ticks)[0][0] >= 2, 30, "beat's jobs")
    doubled = "SELECT 1 FROM lab_effects GROUP BY job_id, stage, piece HAVING count(*) > 1"
    assert stack.query(doubled) == []
    # a poisoned job runs once it is cured
    (stack.folder / "cured").touch()
    assert stack.http.post(f"{stack.url}/api/jobs/{poison['crash']}/retry", timeout=30).ok
    assert stack.wait(poison["crash"], 60)["status"] == "succeeded"
