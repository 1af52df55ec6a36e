"""Statistics: the caller's jobs, the queues, and what stages cost on average."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Blueprint, Response, jsonify

from app.http.context import owner_id, platform
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import jobs as rows
from app.store import reading, scaling
from app.store.database import SECOND

blueprint = Blueprint("stats", __name__)
_KEEP_S = 2.0  # dashboards ask often; the counts cost a scan
_KEPT = 1000  # owners
_WINDOW_US = 7 * 24 * 3600 * SECOND
_cache: dict[tuple[int, str], tuple[float, dict[str, Any]]] = {}
_lock = threading.Lock()


@blueprint.get("/api/stats")
def stats() -> Response:
    held, owner = platform(), owner_id()
    key = (id(held), owner)
    with _lock:
        until, found = _cache.get(key, (0.0, {}))
    if until < time.monotonic():
        found = _count(held, owner)
        with _lock:
            if len(_cache) >= _KEPT:
                _cache.clear()
            _cache[key] = (time.monotonic() + _KEEP_S, found)
    return jsonify(found)


def _count(held: Platform, owner: str) -> dict[str, Any]:
    with held.db.read() as conn:
        jobs = rows.count_by_status(conn, owner)
        queues = reading.queue_state(conn)
        averages = reading.stage_averages(conn, _WINDOW_US)
        steps = scaling.latest(conn)
    stages = [
        {
            "stage": row.stage,
            "runs": row.runs,
            "processing_time": float(row.processing_time),
            "cpu_time": float(row.cpu_time),
            "queue_wait": float(row.queue_wait),
            "peak_memory_usage": row.peak_memory_usage,
        }
        for row in averages
    ]
    scaled = [
        {
            "at": instant(row.at),
            "pool": row.pool,
            "before": row.before,
            "after": row.after,
            "reason": row.reason,
        }
        for row in steps
    ]
    return {"jobs": jobs, "queues": queues, "stages": stages, "scaling": scaled}
