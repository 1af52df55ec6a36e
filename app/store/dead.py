"""Stages that failed for good, and took their job with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from app.store.database import AnyRow
from app.store.models import Job, StageRow


@dataclass(frozen=True)
class Sieve:
    """Which dead letters are meant; what is None matters not."""

    owner_id: str
    job_id: str | None = None
    kind: str | None = None
    stage: str | None = None
    code: str | None = None
    digest: str | None = None


def _meant(sieve: Sieve) -> list[ColumnElement[bool]]:
    error = StageRow.error
    wanted: list[tuple[Any, ColumnElement[bool]]] = [
        (sieve.job_id, Job.id == sieve.job_id),
        (sieve.kind, Job.kind == sieve.kind),
        (sieve.stage, StageRow.name == sieve.stage),
        (sieve.code, error["code"].as_string() == sieve.code),
        (sieve.digest, error["digest"].as_string() == sieve.digest),
    ]
    return [
        Job.owner_id == sieve.owner_id,
        Job.status == "failed",
        StageRow.state == "failed",
        *(condition for value, condition in wanted if value is not None),
    ]


def letters(conn: Connection, sieve: Sieve, before: tuple[int, int] | None, limit: int) -> Sequence[AnyRow]:
    """The newest first, after the position `before` (ended_at, stage id)."""
    statement = (
        select(
            StageRow.id,
            StageRow.job_id,
            StageRow.name,
            StageRow.chunk,
            StageRow.failures,
            StageRow.losses,
            StageRow.worker,
            StageRow.ended_at,
            StageRow.error,
            Job.kind,
            Job.title,
            Job.owner_id,
        )
        .join(Job, Job.id == StageRow.job_id)
        .where(*_meant(sieve))
        .order_by(StageRow.ended_at.desc(), StageRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        at, stage_id = before
        statement = statement.where(
            or_(StageRow.ended_at < at, and_(StageRow.ended_at == at, StageRow.id < stage_id))
        )
    return conn.execute(statement).all()


def count(conn: Connection, sieve: Sieve) -> int:
    statement = select(func.count()).select_from(StageRow).join(Job, Job.id == StageRow.job_id)
    return int(conn.execute(statement.where(*_meant(sieve))).scalar_one())


def jobs(conn: Connection, sieve: Sieve, limit: int) -> Sequence[AnyRow]:
    """(id, owner_id) of the jobs behind the letters, the oldest first."""
    statement = (
        select(Job.id, Job.owner_id)
        .join(StageRow, StageRow.job_id == Job.id)
        .where(*_meant(sieve))
        .group_by(Job.id, Job.owner_id)
        .order_by(func.min(StageRow.ended_at), Job.id)
        .limit(limit)
    )
    return conn.execute(statement).all()
