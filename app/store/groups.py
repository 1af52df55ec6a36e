"""Rows of groups of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, not_, or_, select, update

from app.store.database import AnyRow, now_us
from app.store.models import Group, Job


def insert_group(
    conn: Connection,
    *,
    group_id: str,
    owner_id: str,
    name: str,
    key: str | None = None,
    mark: str | None = None,
) -> None:
    """`key`, `mark`: Idempotency-Key of the batch that makes it, and the fingerprint of its request."""
    values = {"id": group_id, "owner_id": owner_id, "name": name, "created_at": now_us()}
    conn.execute(insert(Group).values(idempotency_key=key, idempotency_fingerprint=mark, **values))


def group(conn: Connection, group_id: str, *, lock: bool = False) -> AnyRow | None:
    """`lock`: held until the end of the transaction; whoever adds a job to it waits meanwhile."""
    statement = select(Group.__table__).where(Group.id == group_id)
    return conn.execute(statement.with_for_update() if lock else statement).one_or_none()


def of_key(conn: Connection, owner_id: str, key: str) -> AnyRow | None:
    statement = select(Group.__table__).where(Group.owner_id == owner_id, Group.idempotency_key == key)
    return conn.execute(statement).one_or_none()


def groups(conn: Connection, owner_id: str, before: tuple[int, str] | None, limit: int) -> Sequence[AnyRow]:
    """The owner's, newest first, after the position `before` (created_at, id)."""
    statement = select(Group.__table__).where(Group.owner_id == owner_id)
    if before is not None:
        at, group_id = before
        earlier = and_(Group.created_at == at, Group.id < group_id)
        statement = statement.where(or_(Group.created_at < at, earlier))
    return conn.execute(statement.order_by(Group.created_at.desc(), Group.id.desc()).limit(limit)).all()


def join(conn: Connection, group_id: str, owner_id: str) -> bool:
    """Keep the owner's group from being ended until this transaction is over, and open it again if it was.

    False: there is no such group. Those who join do not wait for each other.
    """
    statement = (
        select(Group.ended_at)
        .where(Group.id == group_id, Group.owner_id == owner_id)
        .with_for_update(read=True, key_share=True)
    )
    row = conn.execute(statement).one_or_none()
    if row is not None and row.ended_at is not None:
        conn.execute(update(Group).where(Group.id == group_id).values(ended_at=None))
    return row is not None


def _of(group_id: Any) -> Any:
    return exists().where(Job.group_id == group_id)


def _live(group_id: Any) -> Any:
    return exists().where(Job.group_id == group_id, Job.ended_at.is_(None))


def has_live(conn: Connection, group_id: str) -> bool:
    """Whether a job of the group has not ended: a look into an index of live jobs only."""
    return bool(conn.execute(select(_live(group_id))).scalar_one())


def has_jobs(conn: Connection, group_id: str) -> bool:
    return bool(conn.execute(select(_of(group_id))).scalar_one())


def end(conn: Connection, group_id: str) -> None:
    conn.execute(update(Group).where(Group.id == group_id).values(ended_at=now_us()))


def overdue(conn: Connection, limit: int) -> list[str]:
    """Open groups all of whose jobs have ended."""
    statement = select(Group.id).where(Group.ended_at.is_(None), _of(Group.id), not_(_live(Group.id)))
    return [row.id for row in conn.execute(statement.order_by(Group.created_at).limit(limit))]


def counts(conn: Connection, group_id: str) -> dict[str, int]:
    """Status → number of jobs. Reads every job of the group: ask seldom."""
    statement = select(Job.status, func.count()).where(Job.group_id == group_id).group_by(Job.status)
    return {row[0]: int(row[1]) for row in conn.execute(statement)}


def failed(conn: Connection, group_id: str, limit: int) -> Sequence[AnyRow]:
    """(id, title, error) of the jobs that failed first."""
    statement = (
        select(Job.id, Job.title, Job.error)
        .where(Job.group_id == group_id, Job.status == "failed")
        .order_by(Job.ended_at, Job.id)
        .limit(limit)
    )
    return conn.execute(statement).all()


def jobs(
    conn: Connection, group_id: str, *, status: str | None = None, after: str = "", limit: int = 50
) -> Sequence[AnyRow]:
    """In the order of their ids, which is a batch's own order."""
    statement = select(Job.__table__).where(Job.group_id == group_id, Job.id > after)
    if status is not None:
        statement = statement.where(Job.status == status)
    return conn.execute(statement.order_by(Job.id).limit(limit)).all()


def in_status(conn: Connection, group_id: str, statuses: Sequence[str], limit: int) -> list[str]:
    """Ids of the group's jobs that are in one of these."""
    statement = select(Job.id).where(Job.group_id == group_id, Job.status.in_(statuses))
    return [row.id for row in conn.execute(statement.order_by(Job.id).limit(limit))]


def keyless(conn: Connection, group_id: str) -> list[str]:
    """Ids of the jobs that came without a key of their own, in their batch's order."""
    statement = select(Job.id).where(Job.group_id == group_id, Job.idempotency_key.is_(None))
    return [row.id for row in conn.execute(statement.order_by(Job.id))]


def delete_jobs(conn: Connection, job_ids: Sequence[str]) -> None:
    """Those of the jobs that have ended (still: one may have been started again meanwhile)."""
    conn.execute(delete(Job).where(Job.id.in_(job_ids), Job.ended_at.is_not(None)))


def delete_group(conn: Connection, group_id: str) -> None:
    conn.execute(delete(Group).where(Group.id == group_id))


def expire(conn: Connection, older_than_us: int, limit: int = 1000) -> int:
    """Forget old groups that have no jobs (any more); returns how many."""
    old = select(Group.id).where(Group.created_at < now_us() - older_than_us, not_(_of(Group.id)))
    held = [row.id for row in conn.execute(old.limit(limit).with_for_update(skip_locked=True))]
    # who joined before our lock is seen only now, by a statement of its own
    return conn.execute(delete(Group).where(Group.id.in_(held), not_(_of(Group.id)))).rowcount
