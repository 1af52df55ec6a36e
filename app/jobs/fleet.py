"""Workers as an operator sees them: who there is, what each does; drain one."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Conflict, NotFound
from app.jobs.platform import Platform
from app.store import fleet as store
from app.telemetry import emit

BEAT_S = 2.0  # a worker makes itself known so often
HEARD_OF_S = 10.0  # and counts as living for so long: some beats may be lost


@dataclass(frozen=True)
class WorkerView:
    """A living worker. `running`: stages under way; `memory_bytes`: resident, with all that it started."""

    name: str
    host: str
    pid: int
    profile: str | None
    queues: tuple[str, ...]
    concurrency: int
    running: int
    memory_bytes: int
    started_at: int
    seen_at: int
    draining_at: int | None


def look(platform: Platform) -> list[WorkerView]:
    """Living workers, by name; those that are draining, too."""
    with platform.db.read() as conn:
        rows = store.living(conn, HEARD_OF_S)
        running = store.running(conn)
    return [
        WorkerView(
            row.name,
            row.host,
            row.pid,
            row.profile,
            tuple(row.queues),
            row.concurrency,
            running[row.name],
            row.memory_bytes,
            row.started_at,
            row.seen_at,
            row.draining_at,
        )
        for row in rows
    ]


def drain(platform: Platform, name: str) -> None:
    """Let a worker end what it runs, take nothing new, and exit. It hears of it within `BEAT_S`.

    The request is a row of the database, so it needs no broker. Raises NotFound for a worker that is not
    there, and Conflict in the embedded mode, whose threads live and end with the API.
    """
    if platform.settings.embedded:
        raise Conflict("Here the server itself does the work: pause its queues instead of draining it.")
    with platform.db.write() as conn:
        found = store.drain(conn, name, HEARD_OF_S)
    if not found:
        raise NotFound("There is no living worker of this name.")
    emit("worker.drain_asked", worker=name)
