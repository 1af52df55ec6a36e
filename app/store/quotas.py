"""How many jobs an owner has submitted today (UTC, on the database's clock)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from app.store.database import SECOND
from app.store.files import upsert
from app.store.models import DailyUse

DAY = 24 * 3600 * SECOND


def take(conn: Connection, owner_id: str, day: int, jobs: int, limit: int) -> bool:
    """Count so many more jobs, unless they would be more than `limit`; then False, and nothing is counted.

    Holds the owner's row of the day until the end of the transaction: call it last.
    """
    if jobs > limit:
        return False
    statement = upsert(conn, DailyUse).values(owner_id=owner_id, day=day, jobs=jobs)
    statement = statement.on_conflict_do_update(
        index_elements=["owner_id", "day"],
        set_={"jobs": DailyUse.jobs + jobs},
        where=DailyUse.jobs + jobs <= limit,
    )
    return conn.execute(statement.returning(DailyUse.jobs)).one_or_none() is not None


def used(conn: Connection, owner_id: str, day: int) -> int:
    statement = select(DailyUse.jobs).where(DailyUse.owner_id == owner_id, DailyUse.day == day)
    return conn.execute(statement).scalar_one_or_none() or 0


def trim(conn: Connection, before_day: int) -> None:
    conn.execute(delete(DailyUse).where(DailyUse.day < before_day))
