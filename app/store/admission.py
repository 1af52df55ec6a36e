"""Which live jobs of owners with a running limit are in, and which wait."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from app.store.database import AnyRow
from app.store.models import Job, Owner


def counts(conn: Connection, owner_id: str) -> tuple[int, int]:
    """(waiting, admitted) jobs of the owner."""
    statement = (
        select(Job.admission, func.count())
        .where(Job.owner_id == owner_id, Job.admission.is_not(None))
        .group_by(Job.admission)
    )
    found = {row[0]: int(row[1]) for row in conn.execute(statement)}
    return found.get("waiting", 0), found.get("admitted", 0)


def next_waiting(conn: Connection, owner_id: str, limit: int, ageing_us: int) -> list[str]:
    """The owner's most urgent waiting jobs; `ageing_us` of waiting weigh as much as one priority."""
    statement = (
        select(Job.id)
        .where(Job.owner_id == owner_id, Job.admission == "waiting")
        .order_by(Job.created_at - Job.priority * ageing_us, Job.id)
        .limit(limit)
    )
    return [row.id for row in conn.execute(statement)]


def owners_waiting(conn: Connection) -> Sequence[AnyRow]:
    """(owner_id, tier, waiting, admitted) of every owner with a job that waits to be admitted."""
    waiting = func.count().filter(Job.admission == "waiting")
    admitted = func.count().filter(Job.admission == "admitted")
    statement = (
        select(
            Job.owner_id,
            Owner.tier,
            waiting.label("waiting"),
            admitted.label("admitted"),
        )
        .join(Owner, Owner.id == Job.owner_id)
        .where(Job.admission.is_not(None))
        .group_by(Job.owner_id, Owner.tier)
        .having(waiting > 0)
    )
    return conn.execute(statement).all()
