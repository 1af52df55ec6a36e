"""Rows of jobs, their events and stages: the statements that the job heart is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app.store import bulk
from app.store.database import AnyRow, now_us
from app.store.models import Event, Job, JobMetrics, StageRow
from app.store.queues import may_go


def now(conn: Connection) -> int:
    """The database's clock in microseconds."""
    return int(conn.execute(select(now_us())).scalar_one())


def insert_jobs(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if len(rows) < bulk.WORTH:
        conn.execute(insert(Job), list(rows))
    else:
        bulk.put(conn, Job, rows)


def insert_stages(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Returns the new ids in the order of `rows`."""
    if len(rows) >= bulk.WORTH and conn.dialect.name == "postgresql":
        ids = _next_stage_ids(conn, len(rows))
        bulk.put(conn, StageRow, [{"id": i, **row} for i, row in zip(ids, rows, strict=True)])
        return ids
    statement = insert(StageRow).returning(StageRow.id, sort_by_parameter_order=True)
    return [row.id for row in conn.execute(statement, list(rows))]


def _next_stage_ids(conn: Connection, count: int) -> list[int]:
    taken = select(func.nextval("stages_id_seq")).select_from(func.generate_series(1, count))
    return sorted(conn.execute(taken).scalars())


def insert_events(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if len(rows) >= bulk.WORTH and all(isinstance(row["at"], int) for row in rows):
        bulk.put(conn, Event, rows)
        return
    conn.execute(insert(Event).values(list(rows)))  # VALUES lists may hold expressions, like the clock


def insert_metrics(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(insert(JobMetrics).values(**row))


def by_idempotency_keys(conn: Connection, owner_id: str, keys: Sequence[str]) -> dict[str, AnyRow]:
    """Jobs that were already submitted under these keys, by key."""
    statement = select(
        Job.id, Job.idempotency_key, Job.idempotency_fingerprint, Job.version, Job.status
    ).where(Job.owner_id == owner_id, Job.idempotency_key.in_(keys))
    return {row.idempotency_key: row for row in conn.execute(statement)}


def lock_job(conn: Connection, job_id: str, *, wait: bool = True) -> AnyRow | None:
    """The job's row, locked until the end of the transaction. Always taken before any stage's.

    `wait=False`: None also when somebody else holds it.
    """
    statement = select(Job.__table__).where(Job.id == job_id).with_for_update(skip_locked=not wait)
    return conn.execute(statement).one_or_none()


def bump_job(conn: Connection, job_id: str, values: Mapping[str, Any], events: int = 1) -> int:
    """Change a locked job; returns its version after making room for `events` events."""
    statement = (
        update(Job)
        .where(Job.id == job_id)
        .values(version=Job.version + events, **values)
        .returning(Job.version)
    )
    return int(conn.execute(statement).scalar_one())


def stages_of(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    """What `lifecycle` needs of each stage of a job, in the order they were made."""
    statement = (
        select(
            StageRow.id, StageRow.name, StageRow.chunk, StageRow.state, StageRow.after, StageRow.waiting_on
        )
        .where(StageRow.job_id == job_id)
        .order_by(StageRow.id)
    )
    return conn.execute(statement).all()


def stage(conn: Connection, stage_id: int, *, lock: bool = False) -> AnyRow | None:
    statement = select(StageRow.__table__).where(StageRow.id == stage_id)
    return conn.execute(statement.with_for_update() if lock else statement).one_or_none()


def due(conn: Connection, stage_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Those of these stages that are ready and may run now, paused queues left out, as they were made."""
    statement = select(StageRow.__table__).where(StageRow.id.in_(stage_ids), may_go())
    return conn.execute(statement.order_by(StageRow.id)).all()


def update_stage(conn: Connection, stage_id: int, **values: Any) -> None:
    conn.execute(update(StageRow).where(StageRow.id == stage_id).values(**values))


def results_of(conn: Connection, job_id: str, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Results of the succeeded stages of these names, each list in the order of the chunks."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    statement = (
        select(StageRow.name, StageRow.result)
        .where(StageRow.job_id == job_id, StageRow.name.in_(names), StageRow.state == "succeeded")
        .order_by(StageRow.name, StageRow.chunk)
    )
    for row in conn.execute(statement):
        found[row.name].append(row.result)
    return found


def kept_warnings(conn: Connection, job_id: str) -> list[str]:
    """What the succeeded stages of a job warned of, once each."""
    statement = (
        select(StageRow.result)
        .where(StageRow.job_id == job_id, StageRow.state == "succeeded")
        .order_by(StageRow.id)
    )
    results = [row.result or {} for row in conn.execute(statement)]
    return list(dict.fromkeys(w for result in results for w in result.get("warnings", ())))


def errors_of(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    """(name, error) of the failed stages, the earliest first."""
    statement = (
        select(StageRow.name, StageRow.error)
        .where(StageRow.job_id == job_id, StageRow.state == "failed")
        .order_by(StageRow.ended_at, StageRow.id)
    )
    return conn.execute(statement).all()


def delete_job(conn: Connection, job_id: str) -> None:
    """Everything that hangs on the job goes with it; its files stay until collection."""
    conn.execute(delete(Job).where(Job.id == job_id))


def expired_jobs(conn: Connection, older_than_us: int, limit: int) -> list[str]:
    """Ended so long ago, and locked: a retry that came first keeps its job, a later one finds none."""
    statement = (
        select(Job.id)
        .where(Job.ended_at < now_us() - older_than_us)
        .order_by(Job.ended_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [row.id for row in conn.execute(statement)]


def count_by_status(conn: Connection, owner_id: str | None) -> dict[str, int]:
    statement = select(Job.status, func.count()).group_by(Job.status)
    if owner_id is not None:
        statement = statement.where(Job.owner_id == owner_id)
    return {row[0]: row[1] for row in conn.execute(statement)}
