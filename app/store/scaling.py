"""What the autoscaler did, and why; the last of it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from app.store.database import AnyRow, now_us
from app.store.models import ScalingStep

_KEPT = 200


def note(conn: Connection, *, pool: str, before: int, after: int, reason: str, holder: str) -> None:
    values = {"pool": pool, "before": before, "after": after, "reason": reason, "holder": holder}
    conn.execute(insert(ScalingStep).values(at=now_us(), **values))
    kept = select(ScalingStep.id).order_by(ScalingStep.id.desc()).limit(_KEPT)
    conn.execute(delete(ScalingStep).where(ScalingStep.id.not_in(kept)))


def latest(conn: Connection, limit: int = 20) -> Sequence[AnyRow]:
    """Newest first."""
    statement = select(ScalingStep.__table__).order_by(ScalingStep.id.desc())
    return conn.execute(statement.limit(limit)).all()
