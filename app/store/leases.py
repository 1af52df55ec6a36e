"""Claim, heartbeat and release of stages: each is one conditional statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, or_, select, true, update

from app.store.database import SECOND, AnyRow, now_us
from app.store.models import Job, Slot, StageRow


def claim(
    conn: Connection, job_id: str, stage_id: int, lease_id: str, worker: str, lease_us: int, hard_us: int
) -> AnyRow | None:
    """Take a published stage under `lease_id`, locking its job's row first.

    None: somebody else has it, or it may not run (any more). The same `lease_id` asked twice gets the
    same row again, so a lost reply can be repeated.
    """
    job = (
        select(Job.__table__)
        .where(Job.id == job_id, Job.status.in_(("queued", "running")))
        .with_for_update()
        .cte("job")
    )
    clock = now_us()
    free = StageRow.state == "published"
    mine = and_(StageRow.state == "running", StageRow.lease_id == lease_id)

    def fresh(new: Any, column: Any) -> Any:
        return case((mine, column), else_=new)

    statement = (
        update(StageRow)
        .where(StageRow.id == stage_id, StageRow.job_id == job.c.id, or_(free, mine))
        .values(
            state="running",
            lease_id=lease_id,
            worker=worker,
            awaits_key=None,
            started_at=fresh(clock, StageRow.started_at),
            lease_until=fresh(clock + lease_us, StageRow.lease_until),
            deadline_at=fresh(clock + hard_us, StageRow.deadline_at),
        )
        .returning(
            StageRow.id,
            StageRow.name,
            StageRow.chunk,
            StageRow.queue,
            StageRow.params,
            StageRow.failures,
            StageRow.losses,
            StageRow.owner_id,
            StageRow.started_at,
            StageRow.ready_at,
        )
    )
    return conn.execute(statement).one_or_none()


def heartbeat(conn: Connection, stage_id: int, lease_id: str, lease_us: int) -> str | None:
    """Extend the lease, never past the stage's deadline; returns the job's status, None if it is lost."""
    clock = now_us()
    until = clock + lease_us
    statement = (
        update(StageRow)
        .where(StageRow.id == stage_id, StageRow.lease_id == lease_id, StageRow.state == "running")
        .values(lease_until=case((StageRow.deadline_at < until, StageRow.deadline_at), else_=until))
        .returning(select(Job.status).where(Job.id == StageRow.job_id).scalar_subquery())
    )
    row = conn.execute(statement).one_or_none()
    return None if row is None else str(row[0])


def expired(conn: Connection, limit: int) -> Sequence[AnyRow]:
    """Stages whose lease has run out, the longest silent first.

    Jobs that somebody holds just now are passed over here, not later: else so many of them as `limit`
    allows would keep all others from ever being looked at.
    """
    statement = (
        select(StageRow.id, StageRow.job_id, StageRow.lease_id)
        .join(Job, Job.id == StageRow.job_id)
        .where(StageRow.state == "running", StageRow.lease_until < now_us())
        .order_by(StageRow.lease_until)
        .limit(limit)
        .with_for_update(of=Job, skip_locked=True)
    )
    return conn.execute(statement).all()


def put_off(conn: Connection, stage_id: int, lease_id: str, for_us: int) -> None:
    """Let an overdue stage be overdue again only later: to the back of the line, for all stewards."""
    statement = update(StageRow).where(StageRow.id == stage_id, StageRow.lease_id == lease_id)
    conn.execute(statement.where(StageRow.state == "running").values(lease_until=now_us() + for_us))


def held_at(conn: Connection, place: str) -> Sequence[AnyRow]:
    """Stages that run under leases whose ids begin with `place`."""
    statement = select(StageRow.id, StageRow.job_id, StageRow.lease_id).where(StageRow.state == "running")
    return conn.execute(statement.where(StageRow.lease_id.startswith(place, autoescape=True))).all()


def still_held(conn: Connection, stage_id: int, lease_id: str, *, overdue: bool) -> bool:
    """Asked again under the job's lock: is the stage still held by that lease (and still overdue)?"""
    statement = select(StageRow.id).where(
        StageRow.id == stage_id,
        StageRow.lease_id == lease_id,
        StageRow.state == "running",
        StageRow.lease_until < now_us() if overdue else true(),
    )
    return conn.execute(statement.with_for_update()).one_or_none() is not None


def wake(conn: Connection, key: str) -> None:
    """Stages that slept until the result `key` exists may run now."""
    statement = (
        update(StageRow)
        .where(StageRow.awaits_key == key, StageRow.state == "ready")
        .values(run_at=now_us(), awaits_key=None)
    )
    conn.execute(statement)


def hold_slot(conn: Connection, name: str, holder: str, for_s: float, gap_s: float = 0.0) -> float | None:
    """Take or keep a role that one process holds at a time; None while it is another's.

    Tells for how many seconds it has been held by whomever, without ever being vacant for `gap_s`.
    Never waits: whoever holds the row, perhaps frozen in its transaction, shall not freeze the others.
    """
    clock = now_us()
    free = (
        select(Slot.name)
        .where(Slot.name == name, or_(Slot.holder == holder, Slot.until < clock))
        .with_for_update(skip_locked=True)
    )
    unbroken = and_(Slot.since.is_not(None), Slot.until >= clock - int(gap_s * SECOND))
    statement = (
        update(Slot)
        .where(Slot.name.in_(free))
        .values(
            holder=holder,
            until=clock + int(for_s * SECOND),
            since=case((unbroken, Slot.since), else_=clock),
        )
        .returning(clock - Slot.since)
    )
    held_us = conn.execute(statement).scalar_one_or_none()
    return None if held_us is None else max(0.0, held_us / SECOND)
