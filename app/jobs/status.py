"""The hybrid read of a job: cache, else the primary, else refill. The database is always right."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from pydantic_core import to_json

from app.errors import NotFound, Unavailable
from app.jobs import placing, shares
from app.jobs.entry import Entry, encode
from app.jobs.epitaph import public
from app.jobs.model import ENDED_JOB, PRIORITY_NAMES, JobStatus, Json
from app.jobs.platform import Platform
from app.settings import Settings
from app.store import reading
from app.store.database import SECOND, AnyRow

_RUNNING_TTL_S = 3600.0
_ENDED = frozenset(s.value for s in ENDED_JOB)
_fallback = threading.BoundedSemaphore(8)  # readers at the database at once when the cache cannot answer
_flights: dict[str, threading.Lock] = {}
_flights_lock = threading.Lock()


def key(job_id: str) -> str:
    return f"status:{job_id}"


def channel(job_id: str) -> str:
    return f"events:{job_id}"


def progress_key(job_id: str) -> str:
    return f"progress:{job_id}"


def invalidate(platform: Platform, versions: Mapping[str, int]) -> None:
    """Mark what is cached of these jobs as older than their versions, and wake whoever follows them."""
    news = [(key(job_id), version, channel(job_id)) for job_id, version in versions.items()]
    try:
        platform.cache.outdate(news, _RUNNING_TTL_S)
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
    found: Json = json.loads(answer(platform, owner_id, job_id)[1])
    return found


def answer(platform: Platform, owner_id: str, job_id: str) -> tuple[str, bytes]:
    """(ETag, JSON) of what `read` returns."""
    entry = _cached(platform, job_id) or _refill(platform, job_id)
    if entry.owner_id != owner_id:
        raise NotFound("There is no such job.")
    if entry.ended:
        return entry.etag, entry.body
    if not entry.leases:
        return placing.fetched(platform, job_id, entry.etag, entry.body)
    try:
        reports = platform.cache.hash_all(progress_key(job_id))
    except Unavailable:
        reports = {}
    return merged(entry, reports)


def _cached(platform: Platform, job_id: str) -> Entry | None:
    """A cached entry that may be trusted: ended, or checked against the primary a moment ago."""
    try:
        return trusted(platform.cache.get_versioned(key(job_id)), platform.settings)
    except Unavailable:
        return None


def trusted(held: tuple[int, bytes] | None, settings: Settings) -> Entry | None:
    if held is None or not held[1]:
        return None
    entry = Entry.unpack(held[1])
    return entry if entry.trusted(time.time(), settings.status_revalidate_s) else None


def _refill(platform: Platform, job_id: str) -> Entry:
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
        entry = entry_of(platform, row, stages)
        with suppress(Unavailable):  # the answer does not depend on the cache
            platform.cache.put_newer(key(job_id), row.version, entry.pack(), platform.settings.status_ttl_s)
        return entry


def entry_of(platform: Platform, row: AnyRow, stages: Sequence[AnyRow]) -> Entry:
    """Of rows that were read, or written, just now."""
    shown = document(platform, row, stages)
    leases = {s.id: s.lease_id for s in stages if s.state == "running" and s.lease_id}
    return Entry(
        owner_id=row.owner_id,
        checked=time.time(),
        ended=row.status in _ENDED,
        ready=sum(s.state == "ready" for s in stages),
        etag=etag(shown),
        leases=json.dumps(leases) if leases else "",
        body=encode(shown),
    )


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
    if kind is not None:
        shares.plan_chunks(kind, listed)
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "title": row.title,
        "priority": PRIORITY_NAMES[row.priority],
        "params": row.params,
        "source": {k: v for k, v in row.source.items() if k != "digest"},
        "deck": row.deck and {k: v for k, v in row.deck.items() if k != "digest"},
        "webhook": row.webhook_id,
        "version": row.version,
        "created_at": instant(row.created_at),
        "started_at": instant(row.started_at),
        "ended_at": instant(row.ended_at),
        "error": public(row.error),
        "warnings": row.warnings,
        "stages": listed,
        "progress": 1.0 if row.status == JobStatus.SUCCEEDED else shares.overall(listed),
        "links": links(row.id),
    }


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
        "weight": weight,
    }


def merged(entry: Entry, reports: Mapping[str, bytes]) -> tuple[str, bytes]:
    """(ETag, JSON) with the progress that the present leases reported; an older lease's is not heard."""
    leases = entry.running()
    shown: Json = json.loads(entry.body)
    for stage in shown["stages"]:
        value = reports.get(str(stage["id"]))
        report = json.loads(value) if value else None
        if report and report["lease"] == leases.get(str(stage["id"])):
            stage |= {"progress": report["fraction"], "note": report["note"]}
    shown["progress"] = shares.overall(shown["stages"])
    return etag(shown), encode(shown)


def etag(shown: Json) -> str:
    """The job's version, and a hash of the progress, which moves without a new version."""
    moving = [(s["id"], s["progress"], s.get("note")) for s in shown["stages"]]
    mark = hashlib.sha256(to_json([shown["progress"], moving])).hexdigest()[:12]
    return f'"{shown["version"]}-{mark}"'


def links(job_id: str) -> dict[str, str]:
    """Where the API has the job and its parts."""
    base = f"/api/jobs/{job_id}"
    parts = ("events", "slides", "transcript", "artifacts", "recording", "deck", "metrics")
    return {"self": base, **{part: f"{base}/{part}" for part in parts}}
