"""Which ready stages get a message: the statements between `ready` and `published`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from app.store.database import SECOND, AnyRow, now_us
from app.store.models import StageRow
from app.store.queues import may_go, names_of_paused


def published_counts(conn: Connection) -> dict[str, int]:
    """How many stages of each queue have a message under way."""
    statement = (
        select(StageRow.queue, func.count()).where(StageRow.state == "published").group_by(StageRow.queue)
    )
    return {row[0]: row[1] for row in conn.execute(statement)}


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def _arrivals() -> Select[Any]:
    other = aliased(StageRow)
    here = other.queue == StageRow.queue
    own = other.owner_id == StageRow.owner_id
    ready = and_(here, other.state == "ready", other.run_at <= now_us(), other.id.not_in(_IDS))
    count = select(func.count())
    published = count.where(here, other.state == "published").scalar_subquery()
    own_published = count.where(here, own, other.state == "published").scalar_subquery()
    own_running = count.where(here, own, other.state == "running").scalar_subquery()
    # as a maximum it is one step in an index; whether any is higher was asked of each waiting row
    highest = select(func.max(other.priority)).where(ready).scalar_subquery()
    # in the order of `ix_stages_line`: a planner that knows of few ready stages else takes the whole queue's
    own_ready = select(other.id).where(ready, own).order_by(other.priority, other.ready_at).limit(1)
    return (
        select(
            StageRow.id.label("stage_id"),
            StageRow.queue,
            StageRow.owner_id,
            (own_published + own_running).label("own"),
            published.label("published"),
            own_ready.scalar_subquery().is_not(None).label("follows_own"),
            func.coalesce(highest > StageRow.priority, false()).label("outranked"),
            highest.is_not(None).label("passes_over"),
            (StageRow.losses > 0).label("resumed"),
        )
        .where(StageRow.id.in_(_IDS), StageRow.queue.not_in(names_of_paused()))
        .order_by(StageRow.id)
    )


def _mark_published() -> ReturningUpdate[int, str, str, str]:
    free = select(StageRow.id).where(StageRow.id.in_(_IDS), may_go()).with_for_update(skip_locked=True)
    return (
        update(StageRow)
        .where(StageRow.id.in_(free), StageRow.state == "ready")
        .values(state="published", published_at=now_us())
        .returning(StageRow.id, StageRow.job_id, StageRow.name, StageRow.queue)
    )


# Made once: each job's way leads through both, and making them anew took ten times as long as asking.
_ARRIVALS, _MARK_PUBLISHED = _arrivals(), _mark_published()


def arrivals(conn: Connection, stage_ids: Sequence[int]) -> Sequence[AnyRow]:
    """The columns of `order.Arrival` for stages that have just become ready; paused queues are left out."""
    return conn.execute(_ARRIVALS, {"ids": list(stage_ids)}).all()


def mark_published(conn: Connection, stage_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Move ready stages on to published, but of paused queues; returns those that really moved.

    Skips rows that a transition holds just now: it takes no job's lock, so it must not wait for one.
    """
    return conn.execute(_MARK_PUBLISHED, {"ids": list(stage_ids)}).all()


def published_and_silent(
    conn: Connection, queue: str, age_s: float, limit: int, owner_id: str | None = None
) -> Sequence[AnyRow]:
    """Published stages (of the owner) that nobody has claimed for `age_s`; their clock is set anew."""
    overdue = (
        select(StageRow.id)
        .where(
            StageRow.state == "published",
            StageRow.queue == queue,
            StageRow.published_at < now_us() - int(age_s * SECOND),
            true() if owner_id is None else StageRow.owner_id == owner_id,
        )
        .order_by(StageRow.published_at, StageRow.ready_at, StageRow.id)  # together published: as they came
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("overdue")  # as a subquery it may be run again for each row, and then finds others
    )
    statement = (
        update(StageRow)
        .where(StageRow.id.in_(select(overdue.c.id)), StageRow.state == "published")
        .values(published_at=now_us())
        .returning(StageRow.id, StageRow.job_id, StageRow.name, StageRow.queue, StageRow.owner_id)
    )
    return conn.execute(statement).all()
