"""Work that harms: poison, a flood of one tenant, a disk that is full."""

from __future__ import annotations

import shutil
import time
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from app.composition import build_platform
from app.jobs.submit import NewJob, submit_many
from app.settings import load
from benchmarks.faults.load import Stream
from benchmarks.faults.rig import Rig, percentile
from benchmarks.faults.scenarios import Size
from benchmarks.lab.catalogue import CATALOGUE
from benchmarks.lab.repertoire import LAB
from benchmarks.lab.stack import wait_for
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

POISON_LIMITS = {
    "STAGE_MEMORY_MB": "256",
    "STAGE_SOFT_LIMIT_S": "30",
    "STAGE_HARD_LIMIT_S": "40",
    "BACKOFF_BASE_S": "0.5",
}
REASONS = {"crash": "crashed", "hog": "out_of_memory", "loop": "deadline_exceeded"}


def poison(rig: Rig, size: Size) -> dict[str, Any]:
    """Jobs whose process crashes, eats memory or never ends, between good ones; cured, they are replayed."""
    kinds = size.of(("crash", "hog"), tuple(REASONS), tuple(REASONS) * 2)
    neighbours = [rig.load.post("note") for _ in range(size.of(4, 10, 20))]
    bad = {rig.load.post(kind): kind for kind in kinds}
    with Stream(rig.load, [("note", {}), ("chain", {})], per_s=2.0):
        for job_id, kind in bad.items():
            wait_for(partial(_is, rig, job_id, "failed"), 240, f"{kind} is a dead letter", every_s=0.5)
    attempts = rig.query("SELECT max(failures + losses) FROM stages WHERE job_id = ANY(%s)", list(bad))[0][0]
    letters = rig.stack.http.get(f"{rig.stack.url}/api/dead-letters", timeout=30).json()["dead_letters"]
    told = {letter["job_id"]: letter["code"] for letter in letters}
    assert {i: told.get(i) for i in bad} == {i: REASONS[kind] for i, kind in bad.items()}, told
    assert {_status(rig, i) for i in neighbours} == {"succeeded"}
    (rig.folder / "cured").touch()
    try:
        for job_id in bad:
            answer = rig.stack.http.post(f"{rig.stack.url}/api/jobs/{job_id}/retry", timeout=30)
            assert answer.ok, answer.text
        for job_id in bad:
            wait_for(partial(rig.succeeded, [job_id]), 120, "the replayed job succeeds", every_s=0.5)
    finally:
        (rig.folder / "cured").unlink()
    rig.settle()
    others = rig.query(
        "SELECT count(*) FROM stages WHERE losses + failures > 0 AND NOT job_id = ANY(%s)", list(bad)
    )
    return {
        "poison": len(bad),
        "attempts": int(attempts),
        "replayed": len(bad),
        "neighbours_harmed": others[0][0],
    }


def _status(rig: Rig, job_id: str) -> str:
    return str(rig.query("SELECT status FROM jobs WHERE id = %s", job_id)[0][0])


def _is(rig: Rig, job_id: str, status: str) -> bool:
    return _status(rig, job_id) == status


def flood(rig: Rig, size: Size) -> dict[str, Any]:
    """Eight tenants who are busy anyway; then a ninth submits very many jobs at once."""
    settings = load({k: v for k, v in rig.stack.environ.items() if k.isupper()})
    platform = build_platform(settings, CeleryQueue(make_celery(settings, CATALOGUE), timeout_s=5.0), LAB)
    tenants = [f"tenant-{uuid.uuid4().hex[:8]}" for _ in range(9)]
    for name in tenants:
        rig.query(
            "INSERT INTO owners (id, name, tier, created_at) VALUES (%s, %s, 'unlimited', 0) RETURNING id",
            name,
            name,
        )
    *others, greedy = tenants
    seconds = size.of(4, 15, 60)

    def busy(until: float) -> list[str]:
        ids = []
        while time.monotonic() < until:
            began = time.monotonic()
            for owner in others:
                ids += [s.job_id for s in submit_many(platform, [NewJob(owner, "note")] * 4)]
            for job_id in ids[-4 * len(others) :]:
                rig.load.acknowledge(job_id)
            time.sleep(max(0.0, 2.0 - (time.monotonic() - began)))
        return ids

    quiet = busy(time.monotonic() + seconds)
    rig.settle()
    many = size.of(300, 2000, 10_000)
    flooded = [s.job_id for s in submit_many(platform, [NewJob(greedy, "note")] * many)]
    beside = busy(time.monotonic() + seconds)
    wait_for(lambda: len(rig.first_claims(beside)) == len(beside), 120, "the others' jobs run")
    left = rig.query("SELECT count(*) FROM jobs WHERE owner_id = %s AND status = 'queued'", greedy)[0][0]
    rig.settle(size.of(120, 300, 900))
    for job_id in flooded:
        rig.load.acknowledge(job_id)
    platform.db.close()
    before, after = (percentile(_waits(rig, ids), 0.95) for ids in (quiet, beside))
    return {
        "flood": many,
        "left_behind_others": left,
        "wait_p95_s": round(before, 2),
        "wait_p95_flooded_s": round(after, 2),
        "grew": round(after / max(before, 0.001), 2),
    }


def _waits(rig: Rig, ids: list[str]) -> list[float]:
    found = rig.query("SELECT (started_at - created_at) / 1e6 FROM jobs WHERE id = ANY(%s)", ids)
    return [float(seconds) for (seconds,) in found]


def disk_full(rig: Rig, size: Size) -> dict[str, Any]:
    """The files' disk is filled to the last byte while jobs write; later there is room again."""
    before = [rig.load.post(kind) for kind in ("file", "write")]
    for job_id in before:
        wait_for(partial(rig.succeeded, [job_id]), 90, "files are written")
    release = _fill(rig) if rig.on_small_disk else _refuse(rig.storage)
    try:
        hit = [rig.load.post(("file", "write")[i % 2]) for i in range(size.of(4, 8, 20))]
        others = [rig.load.post("note") for _ in range(4)]
        for job_id in others:
            wait_for(partial(rig.succeeded, [job_id]), 90, "who writes nothing runs on")
        refused = rig.stack.http.post(
            f"{rig.stack.url}/api/uploads?filename=a.mp4", data=b"x" * 200_000, timeout=60
        )
        assert refused.status_code == 503, refused.text
        assert refused.headers["Retry-After"]
        snoozed = "SELECT count(*) FROM events WHERE type = 'stage.snoozed' AND job_id = ANY(%s)"
        wait_for(lambda: rig.query(snoozed, hit)[0][0] >= len(hit), 90, "what cannot write waits")
        assert not [i for i in hit if _status(rig, i) == "succeeded"], "nothing can be written, and yet …"
    finally:
        release()
    wait_for(
        lambda: all(_status(rig, i) in ("succeeded", "failed") for i in hit), 180, "what was hit ends or runs"
    )
    failed = [i for i in hit if _status(rig, i) == "failed"]
    reasons = {r for (r,) in rig.query("SELECT error->>'message' FROM jobs WHERE id = ANY(%s)", failed)}
    for job_id in failed:
        assert rig.stack.http.post(f"{rig.stack.url}/api/jobs/{job_id}/retry", timeout=30).ok
    rig.settle()
    assert {_status(rig, i) for i in hit} == {"succeeded"}
    return {
        "hit": len(hit),
        "failed_cleanly": len(failed),
        "waited": len(hit) - len(failed),
        "upload": refused.status_code,
        "reasons": sorted(reasons),
        "real_disk": rig.on_small_disk,
    }


def _fill(rig: Rig) -> Any:
    filler = rig.storage / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass  # to the last byte
    assert shutil.disk_usage(rig.storage).free < 65536
    return filler.unlink


def _refuse(storage: Path) -> Any:
    """Where no disk can be mounted: a folder that takes no file."""
    taken, aside = storage / "incoming", storage / "incoming-aside"
    taken.rename(aside)
    taken.touch()

    def release() -> None:
        taken.unlink()
        aside.rename(taken)

    return release
