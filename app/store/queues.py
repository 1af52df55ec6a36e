"""Which queues are paused, and how full each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, select, update

from app.store.database import AnyRow, now_us
from app.store.files import upsert
from app.store.models import PausedQueue, StageRow


def names_of_paused() -> Select[Any]:
    """For conditions of other statements: nothing is published into these."""
    return select(PausedQueue.name)


def may_go() -> ColumnElement[bool]:
    """Of a stage: it is ready and due, and its queue is not paused."""
    due = and_(StageRow.state == "ready", StageRow.run_at <= now_us())
    return and_(due, StageRow.queue.not_in(names_of_paused()))


def paused(conn: Connection) -> dict[str, int]:
    """Paused queue → since when."""
    return {row.name: row.paused_at for row in conn.execute(select(PausedQueue.name, PausedQueue.paused_at))}


def pause(conn: Connection, name: str) -> None:
    """From now on nothing is published into the queue. Twice is no error."""
    row = upsert(conn, PausedQueue).values(name=name, paused_at=now_us())
    conn.execute(row.on_conflict_do_nothing())


def resume(conn: Connection, name: str) -> None:
    conn.execute(delete(PausedQueue).where(PausedQueue.name == name))


def take_back(conn: Connection) -> Sequence[AnyRow]:
    """Published stages of paused queues are ready again, so that a claim of their message finds nothing.

    Skips rows that a claim or another transition holds just now: it takes no job's lock.
    """
    published = (
        select(StageRow.id)
        .where(StageRow.state == "published", StageRow.queue.in_(names_of_paused()))
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(StageRow)
        .where(StageRow.id.in_(published), StageRow.state == "published")
        .values(state="ready")
        .returning(StageRow.id, StageRow.job_id)
    )
    return conn.execute(statement).all()


def counts(conn: Connection) -> Sequence[AnyRow]:
    """(queue, state, count, oldest): live stages by state; `oldest` is the first time they became ready."""
    statement = (
        select(
            StageRow.queue,
            StageRow.state,
            func.count().label("count"),
            func.min(StageRow.ready_at).label("oldest"),
        )
        .where(StageRow.state.in_(("ready", "published", "running")))
        .group_by(StageRow.queue, StageRow.state)
    )
    return conn.execute(statement).all()
