"""Rows of workers: written by each worker's main process, read by whoever asks who there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from app.store.database import SECOND, AnyRow, now_us
from app.store.files import upsert
from app.store.models import StageRow, Worker

_FORGET_US = 24 * 3600 * SECOND


def register(conn: Connection, values: Mapping[str, Any]) -> None:
    """Make a worker known, or anew under its old name: a drain was asked of the one before.

    Those that went without a word are forgotten after a day.
    """
    fresh = {**values, "started_at": now_us(), "seen_at": now_us(), "draining_at": None}
    statement = upsert(conn, Worker).values(**fresh)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=fresh))
    conn.execute(delete(Worker).where(Worker.seen_at < now_us() - _FORGET_US))


def renew(conn: Connection, name: str, pid: int, memory_bytes: int) -> AnyRow | None:
    """(draining_at) of a worker that says it is alive; None: its row is not there (any more)."""
    statement = (
        update(Worker)
        .where(Worker.name == name, Worker.pid == pid)
        .values(seen_at=now_us(), memory_bytes=memory_bytes)
        .returning(Worker.draining_at)
    )
    return conn.execute(statement).one_or_none()


def forget(conn: Connection, name: str, pid: int) -> None:
    """Take a worker's row away at its end."""
    conn.execute(delete(Worker).where(Worker.name == name, Worker.pid == pid))


def drain(conn: Connection, name: str, within_s: float) -> bool:
    """Ask a living worker to take nothing new; False when none of this name lives. Twice is no error."""
    statement = (
        update(Worker)
        .where(Worker.name == name, Worker.seen_at >= now_us() - int(within_s * SECOND))
        .values(draining_at=func.coalesce(Worker.draining_at, now_us()))
        .returning(Worker.name)
    )
    return conn.execute(statement).one_or_none() is not None


def living(conn: Connection, within_s: float) -> Sequence[AnyRow]:
    """Workers that were heard of in the last `within_s` seconds, by name."""
    statement = select(Worker.__table__).where(Worker.seen_at >= now_us() - int(within_s * SECOND))
    return conn.execute(statement.order_by(Worker.name)).all()


def running(conn: Connection) -> Counter[str]:
    """How many stages each worker has under way, by the worker's name."""
    statement = select(StageRow.worker, func.count()).where(StageRow.state == "running")
    found: Counter[str] = Counter()
    for process, count in conn.execute(statement.group_by(StageRow.worker)):
        found[(process or "").rpartition("/")[0]] += count
    return found
