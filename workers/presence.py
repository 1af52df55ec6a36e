"""A worker makes itself known in the database, and hears there whether an operator wants it drained."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from app.errors import Unavailable
from app.jobs.fleet import BEAT_S
from app.store import fleet
from app.store.database import Database
from app.telemetry import emit, problem
from workers.memory import memory_of
from workers.profiles import PROFILES


@dataclass
class Presence:
    """One row of `workers`. `drain` is called once, when the row first says so."""

    db: Database
    name: str
    queues: Sequence[str]
    concurrency: int
    drain: Callable[[], None] = lambda: None
    _draining: bool = field(default=False, init=False)
    _known: bool = field(default=False, init=False)

    def beat(self) -> None:
        """Say that this worker lives. Raises Unavailable with the database."""
        pid = os.getpid()
        with self.db.write() as conn:
            row = fleet.renew(conn, self.name, pid, memory_of(pid)) if self._known else None
            if row is None:  # the first time, or somebody took it away while the database was
                fleet.register(conn, self._values(pid))
        self._known = True
        if row is not None and row.draining_at is not None and not self._draining:
            self._draining = True
            emit("worker.draining", worker=self.name)
            self.drain()

    def _values(self, pid: int) -> dict[str, object]:
        return {
            "name": self.name,
            "host": socket.gethostname(),
            "pid": pid,
            "profile": profile_of(self.queues),
            "queues": sorted(self.queues),
            "concurrency": self.concurrency,
            "memory_bytes": memory_of(pid),
        }

    def end(self) -> None:
        """Take the row away; with the database away it is soon unheard of anyway."""
        with suppress(Unavailable), self.db.write() as conn:
            fleet.forget(conn, self.name, os.getpid())


def run_presence(present: Sequence[Presence], wait: Callable[[float], bool]) -> None:
    """Beat for each until `wait(seconds)` says stop."""
    while True:
        for presence in present:
            try:
                presence.beat()
            except Unavailable:
                break
            except Exception:  # noqa: BLE001 - one bad beat must not make a living worker unknown
                problem("worker.beat_failed", worker=presence.name)
        if wait(BEAT_S):
            break
    for presence in present:
        presence.end()


def profile_of(queues: Sequence[str]) -> str | None:
    """The profile that serves just these queues, if one does."""
    return next((name for name, p in PROFILES.items() if set(p.queues) == set(queues)), None)
