"""Light stages that care for the system itself; they run inside the task, with the platform at hand."""

from __future__ import annotations

import time
from collections.abc import Mapping

from app.errors import Unavailable
from app.jobs import control
from app.jobs.model import Json
from app.jobs.platform import Chore, Platform
from app.storage.scratch import sweep_abandoned
from app.store import deliveries, files, groups, quotas, reading, results, schedule
from app.store import jobs as rows
from app.store.database import SECOND
from app.telemetry import emit

_DAY_S = 86_400
_TOLD_S = 4 * _DAY_S  # a message that waits for longer than all of its retries would take is given up
_BATCH = 200
_ROUNDS = 50  # bounds one cleanup; the next slot goes on where it ended


def cleanup(platform: Platform) -> Json:
    """Remove expired jobs, stale uploads and results, and contents that nothing names any more."""
    settings = platform.settings
    keep_us = int(settings.job_ttl_days * _DAY_S * SECOND)
    jobs = 0
    for _ in range(_ROUNDS):
        with platform.db.write() as conn:
            expired = rows.expired_jobs(conn, keep_us, _BATCH)
            for job_id in expired:
                rows.delete_job(conn, job_id)
        for job_id in expired:
            control.forget(platform, job_id)
        jobs += len(expired)
        if len(expired) < _BATCH:
            break
    with platform.db.write() as conn:
        uploads = files.expire_uploads(conn, int(settings.upload_ttl_hours * 3600 * SECOND))
        reused = results.expire(conn, keep_us)
        given_up, told = deliveries.expire(conn, pending_us=_TOLD_S * SECOND, ended_us=keep_us)
        emptied = groups.expire(conn, keep_us)
        quotas.trim(conn, rows.now(conn) // quotas.DAY - 7)
        for name in platform.catalogue.kinds:
            schedule.trim(conn, name)
    collected = _collect(platform)
    orphans = _sweep_orphans(platform)
    partial = platform.storage.sweep_incoming(_DAY_S, time.time())
    longest_s = max(_DAY_S, 2 * settings.stage_hard_limit_s)
    abandoned = sweep_abandoned(platform.storage.root, time.time() - longest_s)
    done = {
        "jobs": jobs,
        "uploads": uploads,
        "results": reused,
        "groups": emptied,
        "contents": collected,
        "orphans": orphans,
        "messages": told,
        "messages_given_up": given_up,
        "partial": partial,
        "abandoned": abandoned,
    }
    emit("cleanup.done", **done)
    return done


def _collect(platform: Platform) -> int:
    """Delete contents that no row names and nobody touched for a day, each under its row's lock."""
    count = 0
    for _ in range(_ROUNDS):
        with platform.db.read() as conn:
            candidates = files.collectable(conn, _DAY_S * SECOND, _BATCH)
        for digest in candidates:
            count += _collect_one(platform, digest)
        if len(candidates) < _BATCH:
            break
    return count


def _collect_one(platform: Platform, digest: str) -> bool:
    """The row goes before the bytes, so that a content which is named again in time keeps both."""
    with platform.db.write() as conn:
        if not files.lock_collectable(conn, digest, _DAY_S * SECOND) or not files.forget(conn, digest):
            return False
        return platform.storage.delete_old(digest, time.time() - _DAY_S)


def _sweep_orphans(platform: Platform) -> int:
    """Contents on disk that never got a row: their writer died before its commit, over a day ago."""
    oldest = time.time() - _DAY_S
    old = [digest for digest, mtime in platform.storage.digests() if mtime < oldest]
    count = 0
    for start in range(0, len(old), _BATCH):
        batch = old[start : start + _BATCH]
        with platform.db.read() as conn:
            known = files.known(conn, batch)
        count += sum(platform.storage.delete_old(digest, oldest) for digest in set(batch) - known)
    return count


def health_check(platform: Platform) -> Json:
    """Look at each part once, so that the log and Flower show since when one is ill."""
    found: Json = {"storage_free_bytes": platform.storage.free_bytes()}
    for name, check in (("cache", platform.cache.ping), ("queue", lambda: platform.queue.depth("default"))):
        try:
            check()
            found[name] = "ok"
        except Unavailable as error:
            found[name] = error.message
    with platform.db.read() as conn:
        found["queues"] = reading.queue_state(conn)
    emit("health.checked", **found)
    return found


def collect_statistics(platform: Platform) -> Json:
    """A snapshot of counts and averages; the scheduled jobs keep its history."""
    with platform.db.read() as conn:
        jobs = rows.count_by_status(conn, None)
        averages = reading.stage_averages(conn, _DAY_S * SECOND)
    stages = {
        row.stage: {
            "runs": row.runs,
            "processing_time": float(row.processing_time),
            "queue_wait": float(row.queue_wait),
            "peak_memory_usage": row.peak_memory_usage,
        }
        for row in averages
    }
    emit("statistics.collected", jobs=jobs)
    return {"jobs": jobs, "stages": stages}


CHORES: Mapping[str, Chore] = {
    "cleanup": cleanup,
    "health_check": health_check,
    "collect_statistics": collect_statistics,
}
