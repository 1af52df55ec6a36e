"""Groups: jobs that are watched, cancelled, retried and deleted together."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from app.errors import Conflict, NotFound
from app.jobs import completion, control
from app.jobs.epitaph import public
from app.jobs.model import ENDED_JOB, JobStatus, Json
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import groups as rows
from app.store.database import AnyRow

PER_CALL = 500  # jobs that one call cancels or retries: bounds a request, the rest is said
_PER_DELETE = 1000
_FIRST_ERRORS = 10
KEEP_S = 1.0  # counting reads every job of a group, and many may watch: once a second and process is enough
_KEPT = 1000
_LIVE = tuple(s.value for s in JobStatus if s not in ENDED_JOB)
_AGAIN = (JobStatus.FAILED.value, JobStatus.CANCELLED.value)
_cache: dict[tuple[int, str], tuple[float, str, Json]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Acted:
    jobs: list[str]
    left: int  # jobs that a further call would still act on


def new_id() -> str:
    return f"group_{uuid.uuid4().hex}"


def make(platform: Platform, owner_id: str, name: str) -> str:
    group_id = new_id()
    with platform.db.write() as conn:
        rows.insert_group(conn, group_id=group_id, owner_id=owner_id, name=name)
    return group_id


def owned(conn: Connection, owner_id: str, group_id: str) -> AnyRow:
    row = rows.group(conn, group_id)
    if row is None or row.owner_id != owner_id:
        raise NotFound("There is no such group.")
    return row


def read(platform: Platform, owner_id: str, group_id: str, *, fresh: bool = False) -> Json:
    """The group's document; its counts are a second old at most."""
    return counted(platform, owner_id, group_id, fresh=fresh)[0]


def counted(platform: Platform, owner_id: str, group_id: str, *, fresh: bool = False) -> tuple[Json, float]:
    """The group's document, and when its counts were taken (monotonic seconds)."""
    key = (id(platform), group_id)
    began = time.monotonic()
    with _lock:
        at, owner, document = _cache.get(key, (-math.inf, "", {}))
    if not fresh and at + KEEP_S > began and owner == owner_id:
        return document, at
    with platform.db.read() as conn:
        document = _document(conn, owned(conn, owner_id, group_id))
    if not document["jobs"]:
        return document, began  # costs nothing to count, and the first jobs are about to come
    with _lock:
        if len(_cache) >= _KEPT:
            _cache.clear()
        _cache[key] = (began, owner_id, document)
    return document, began


def _document(conn: Connection, row: AnyRow) -> Json:
    counts = rows.counts(conn, row.id)
    total = sum(counts.values())
    live = sum(counts.get(status, 0) for status in _LIVE)
    failed = rows.failed(conn, row.id, _FIRST_ERRORS) if counts.get("failed") else ()
    return {
        **brief(row),
        "jobs": total,
        "counts": {status.value: counts.get(status.value, 0) for status in JobStatus},
        "progress": round((total - live) / total, 4) if total else 0.0,
        "ended": total > 0 and live == 0,
        "errors": [{"job_id": r.id, "title": r.title, "error": public(r.error)} for r in failed],
    }


def brief(row: AnyRow) -> Json:
    """A group without its counts, as lists show it."""
    base = f"/api/groups/{row.id}"
    times = {"created_at": instant(row.created_at), "ended_at": instant(row.ended_at)}
    links = {"self": base, **{part: f"{base}/{part}" for part in ("events", "jobs")}}
    return {"id": row.id, "name": row.name, **times, "links": links}


def cancel(platform: Platform, owner_id: str, group_id: str) -> Acted:
    """Cancel what has not ended; at most 500 jobs a call."""
    live = [status for status in _LIVE if status != JobStatus.CANCELLING]
    return _each(platform, owner_id, group_id, live, control.cancel)


def retry(platform: Platform, owner_id: str, group_id: str) -> Acted:
    """Run what failed or was cancelled again; at most 500 jobs a call."""
    return _each(platform, owner_id, group_id, _AGAIN, control.retry)


def _each(
    platform: Platform,
    owner_id: str,
    group_id: str,
    statuses: list[str] | tuple[str, ...],
    act: Callable[[Platform, str, str], object],
) -> Acted:
    with platform.db.read() as conn:
        owned(conn, owner_id, group_id)
        found = rows.in_status(conn, group_id, statuses, PER_CALL)
    done = []
    for job_id in found:
        try:
            act(platform, owner_id, job_id)
        except (Conflict, NotFound):
            continue  # it ended, or somebody was quicker
        done.append(job_id)
    completion.wake(platform, group_id)
    counts = read(platform, owner_id, group_id, fresh=True)["counts"]
    return Acted(done, sum(counts[status] for status in statuses))


def delete(platform: Platform, owner_id: str, group_id: str) -> None:
    """Forget the group, its jobs and all that they made. Raises Conflict while one of them is live."""
    with platform.db.read() as conn:
        owned(conn, owner_id, group_id)
        if rows.has_live(conn, group_id):
            raise Conflict("A group with jobs that have not ended cannot be deleted; cancel it first.")
    while True:  # in portions, each its own transaction: no lock is held for long
        with platform.db.write() as conn:
            ended = rows.in_status(conn, group_id, [s.value for s in ENDED_JOB], _PER_DELETE)
            rows.delete_jobs(conn, ended)
        for job_id in ended:
            control.forget(platform, job_id)
        if len(ended) < _PER_DELETE:
            break
    with platform.db.write() as conn:
        rows.group(conn, group_id, lock=True)
        if rows.has_jobs(conn, group_id):
            raise Conflict("Jobs were added to the group, or started again, while it was deleted.")
        rows.delete_group(conn, group_id)
    with _lock:
        _cache.pop((id(platform), group_id), None)
    completion.wake(platform, group_id)
