"""Which slots of the schedule were used."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from app.store.database import SECOND
from app.store.files import upsert
from app.store.jobs import now
from app.store.models import ScheduledRun


def take_slot(conn: Connection, name: str, period_s: float, job_id: str) -> bool:
    """Use the present slot of `name` for this job; False when it was used before.

    The slot comes from the database's clock, so it is the same for every beat. Missed slots are
    never made up for one by one: only the present one exists.
    """
    slot = now(conn) // int(period_s * SECOND)
    statement = upsert(conn, ScheduledRun).values(name=name, slot=slot, job_id=job_id)
    taken = conn.execute(statement.on_conflict_do_nothing().returning(ScheduledRun.slot)).one_or_none()
    return taken is not None


def trim(conn: Connection, name: str, keep: int = 100) -> None:
    """Forget all but the last used slots of a name."""
    kept = select(ScheduledRun.slot).where(ScheduledRun.name == name)
    kept = kept.order_by(ScheduledRun.slot.desc()).limit(keep)
    conn.execute(delete(ScheduledRun).where(ScheduledRun.name == name, ScheduledRun.slot.not_in(kept)))
