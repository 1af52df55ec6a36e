"""The hybrid read of a job: cache, else the primary, else refill. The database is always right."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from app.errors import NotFound, Unavailable
from app.jobs.epitaph import public
from app.jobs.model import ENDED_JOB, JobStatus, Json
from app.jobs.platform import Platform
from app.store import reading
from app.store.database import SECOND, AnyRow

_RUNNING_TTL_S = 3600.0
_fallback = threading.BoundedSemaphore(8)  # readers at the database at once when the cache cannot answer
_flights: dict[str, threading.Lock] = {}
_flights_lock = threading.Lock()


def key(job_id: str) -> str:
    return f"job:{job_id}"


def channel(job_id: str) -> str:
    return f"events:{job_id}"


def progress_key(job_id: str) -> str:
    return f"progress:{job_id}"


def invalidate(platform: Platform, job_id: str, version: int) -> None:
    """Mark what is cached as older than `version` and wake whoever follows the job."""
    try:
        platform.cache.put_newer(key(job_id), version, b"", _RUNNING_TTL_S)
        platform.cache.notify(channel(job_id), str(version).encode())
    except Unavailable:
        return  # readers revalidate within `status_revalidate_s` and followers poll


def report_progress(
    platform: Platform, job_id: str, stage_id: int, lease_id: str, fraction: float, note: str
) -> None:
    """Progress is worth losing: it lives in the cache only, tagged with the lease that reported it."""
    value = json.dumps({"lease": lease_id, "fraction": round(fraction, 4), "note": note}).encode()
    try:
        platform.cache.hash_put(progress_key(job_id), str(stage_id), value, _RUNNING_TTL_S)
        platform.cache.notify(channel(job_id), b"progress")
    except Unavailable:
        return


def read(platform: Platform, owner_id: str, job_id: str) -> Json:
    """The job as its owner sees it. Raises NotFound (also for another's job) or Unavailable."""
    entry = _cached(platform, job_id)
    if entry is None:
        entry = _refill(platform, job_id)
    if entry["owner"] != owner_id:
        raise NotFound("There is no such job.")
    document: Json = entry["job"]
    return document if _ended(document) else _with_progress(platform, document)


def _ended(document: Json) -> bool:
    return document["status"] in {s.value for s in ENDED_JOB}


def _cached(platform: Platform, job_id: str) -> Json | None:
    """A cached entry that may be trusted: ended, or checked against the primary a moment ago."""
    try:
        held = platform.cache.get_versioned(key(job_id))
    except Unavailable:
        return None
    if held is None or not held[1]:
        return None
    entry: Json = json.loads(held[1])
    fresh = time.time() - entry["checked"] < platform.settings.status_revalidate_s
    return entry if fresh or _ended(entry["job"]) else None


def _refill(platform: Platform, job_id: str) -> Json:
    with _single_flight(job_id) as first:
        if not first:
            entry = _cached(platform, job_id)
            if entry is not None:
                return entry
        if not _fallback.acquire(timeout=2.0):
            raise Unavailable("Too many are asking just now.", retry_after_s=2)
        try:
            with platform.db.read() as conn:
                row = reading.job(conn, job_id)
                stages = reading.stages(conn, job_id) if row is not None else ()
        finally:
            _fallback.release()
        if row is None:
            raise NotFound("There is no such job.")
        entry = {"owner": row.owner_id, "checked": time.time(), "job": document(platform, row, stages)}
        try:
            ttl = platform.settings.status_ttl_s
            platform.cache.put_newer(key(job_id), row.version, json.dumps(entry).encode(), ttl)
        except Unavailable:
            pass  # the answer does not depend on the cache
        return entry


@contextmanager
def _single_flight(job_id: str) -> Iterator[bool]:
    """One refill of a job at a time in this process; yields whether we did not have to wait."""
    with _flights_lock:
        lock = _flights.setdefault(job_id, threading.Lock())
    first = lock.acquire(blocking=False)
    if not first:
        lock.acquire()
    try:
        yield first
    finally:
        lock.release()
        with _flights_lock:
            if not lock.locked():
                _flights.pop(job_id, None)


def instant(us: int | None) -> str | None:
    """Database microseconds as RFC 3339."""
    if us is None:
        return None
    return datetime.fromtimestamp(us / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document(platform: Platform, row: AnyRow, stages: Sequence[AnyRow]) -> Json:
    """The JSON that the API gives for a job; `progress` counts stages by their weight."""
    kind = platform.catalogue.kinds.get(row.kind)
    weights = {s.name: s.weight for s in kind.stages} if kind else {}
    listed = [_stage(s, weights.get(s.name, 1.0)) for s in stages]
    found = {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "title": row.title,
        "priority": row.priority,
        "params": row.params,
        "source": {k: v for k, v in row.source.items() if k != "digest"},
        "deck": row.deck and {k: v for k, v in row.deck.items() if k != "digest"},
        "version": row.version,
        "created_at": instant(row.created_at),
        "started_at": instant(row.started_at),
        "ended_at": instant(row.ended_at),
        "error": public(row.error),
        "warnings": row.warnings,
        "stages": listed,
    }
    found["progress"] = 1.0 if row.status == JobStatus.SUCCEEDED else _overall(listed)
    return found


def _stage(row: AnyRow, weight: float) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "chunk": row.chunk,
        "state": row.state,
        "queue": row.queue,
        "progress": 1.0 if row.state == "succeeded" else 0.0,
        "failures": row.failures,
        "losses": row.losses,
        "worker": row.worker,
        "started_at": instant(row.started_at),
        "ended_at": instant(row.ended_at),
        "error": public(row.error),
        "lease": row.lease_id if row.state == "running" else None,
        "weight": weight,
    }


def _overall(stages: Sequence[Json]) -> float:
    """Weighted share of the work that succeeded; chunks of one name share their stage's weight."""
    weights: dict[str, float] = {}
    done: dict[str, list[float]] = {}
    for stage in stages:
        weights[stage["name"]] = stage["weight"]
        done.setdefault(stage["name"], []).append(stage["progress"])
    total = sum(weights.values())
    if not total:
        return 0.0
    return round(sum(weights[n] * sum(p) / len(p) for n, p in done.items()) / total, 4)


def _with_progress(platform: Platform, document: Json) -> Json:
    try:
        held = platform.cache.hash_all(progress_key(document["id"]))
    except Unavailable:
        held = {}
    stages: list[Any] = []
    for stage in document["stages"]:
        value = held.get(str(stage["id"]))
        report = json.loads(value) if value else None
        if report and stage["lease"] and report["lease"] == stage["lease"]:
            stage = {**stage, "progress": report["fraction"], "note": report["note"]}
        stages.append(stage)
    return {**document, "stages": stages, "progress": _overall(stages)}
