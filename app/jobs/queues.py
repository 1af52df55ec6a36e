"""Queues as an operator sees them: how full, who serves them; pause and resume.

A paused queue is a row, so it stays paused over restarts. Nothing is published into it, and what was
published becomes ready again in the same transaction: its messages find nothing to claim. What runs goes on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from app.errors import NotFound
from app.jobs.fleet import HEARD_OF_S
from app.jobs.platform import Platform
from app.store import fleet, lines
from app.store import jobs as rows
from app.store import queues as store
from app.store.database import SECOND
from app.telemetry import emit

_LATELY_S, _RUNS, _ENOUGH = 600.0, 500, 20  # how far back reuse is looked at, and what tells something of it


@dataclass(frozen=True)
class QueueView:
    """`oldest_wait_s`: of the stage that waits longest; `workers`, `slots`: who takes from it, all in all."""

    name: str
    paused_at: int | None
    ready: int
    published: int
    running: int
    oldest_wait_s: float
    workers: int
    slots: int


def look(platform: Platform) -> list[QueueView]:
    """Every queue of the catalogue, by name."""
    with platform.db.read() as conn:
        now = rows.now(conn)
        paused = store.paused(conn)
        counts = store.counts(conn)
        serving = fleet.living(conn, HEARD_OF_S)
    number: dict[tuple[str, str], int] = {(row.queue, row.state): row[2] for row in counts}
    oldest = {(row.queue, row.state): row.oldest for row in counts if row.oldest is not None}
    workers: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    for worker in serving:
        if worker.draining_at is None:
            workers.update(worker.queues)
            slots.update(dict.fromkeys(worker.queues, worker.concurrency))
    found = []
    for name in sorted(platform.catalogue.queues):
        waits = [now - oldest[name, state] for state in ("ready", "published") if (name, state) in oldest]
        found.append(
            QueueView(
                name,
                paused.get(name),
                number.get((name, "ready"), 0),
                number.get((name, "published"), 0),
                number.get((name, "running"), 0),
                max(0.0, max(waits, default=0) / SECOND),
                workers[name],
                slots[name],
            )
        )
    return found


def reuse(platform: Platform) -> dict[str, float]:
    """Queue → which share of its latest runs found their result made before, from 0 to 1.

    Of stages whose results may be used again, and of queues where enough of them ended lately to tell.
    """
    queue_of = {stage.name: stage.queue for stage in platform.catalogue.stages if stage.reusable}
    with platform.db.read() as conn:
        since = rows.now(conn) - int(_LATELY_S * SECOND)
        runs = lines.last_runs(conn, _RUNS)
    found: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        if run.created_at >= since and run.outcome == "succeeded" and run.stage in queue_of:
            found[queue_of[run.stage]].append(run.reused)
    return {name: sum(hits) / len(hits) for name, hits in found.items() if len(hits) >= _ENOUGH}


def pause(platform: Platform, name: str) -> QueueView:
    """Raises NotFound for a name that is no queue. Pausing twice is no error."""
    _check(platform, name)
    with platform.db.write() as conn:
        store.pause(conn, name)
        taken = store.take_back(conn)
    emit("queue.paused", queue=name, taken_back=len(taken))
    return _one(platform, name)


def resume(platform: Platform, name: str) -> QueueView:
    """The steward publishes what has gathered within a second."""
    _check(platform, name)
    with platform.db.write() as conn:
        store.resume(conn, name)
    emit("queue.resumed", queue=name)
    return _one(platform, name)


def _check(platform: Platform, name: str) -> None:
    if name not in platform.catalogue.queues:
        known = ", ".join(sorted(platform.catalogue.queues))
        raise NotFound(f"There is no queue of this name; there is: {known}.")


def _one(platform: Platform, name: str) -> QueueView:
    return next(view for view in look(platform) if view.name == name)
