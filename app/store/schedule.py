"""Which slots of the schedule were used."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from app.store.database import SECOND, now_us
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


def trim(conn: Connection, name: str, keep_slots: int, period_s: float) -> None:
    """Forget used slots that are long past."""
    oldest = now_us() / int(period_s * SECOND) - keep_slots
    conn.execute(delete(ScheduledRun).where(ScheduledRun.name == name, ScheduledRun.slot < oldest))
