"""Queries that only look: documents, lists, events, statistics."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, or_, select

from app.store.database import AnyRow, now_us
from app.store.models import Artifact, Event, Job, JobMetrics, Slide, Slot, StageRow


def job(conn: Connection, job_id: str) -> AnyRow | None:
    return conn.execute(select(Job.__table__).where(Job.id == job_id)).one_or_none()


def stages(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    statement = select(StageRow.__table__).where(StageRow.job_id == job_id).order_by(StageRow.id)
    return conn.execute(statement).all()


def marks(conn: Connection, job_ids: Sequence[str]) -> Sequence[AnyRow]:
    """(id, version, ready) of these jobs: a status that was made of the same is still right."""
    ready = func.count().filter(StageRow.state == "ready")
    statement = (
        select(Job.id, Job.version, ready.label("ready"))
        .join(StageRow, StageRow.job_id == Job.id, isouter=True)
        .where(Job.id.in_(job_ids))
        .group_by(Job.id)
    )
    return conn.execute(statement).all()


def jobs(
    conn: Connection,
    owner_id: str,
    *,
    status: str | None,
    kind: str | None,
    before: tuple[int, str] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The owner's jobs, newest first, after the position `before` (created_at, id)."""
    statement = select(Job.__table__).where(Job.owner_id == owner_id)
    if status is not None:
        statement = statement.where(Job.status == status)
    if kind is not None:
        statement = statement.where(Job.kind == kind)
    if before is not None:
        at, job_id = before
        statement = statement.where(or_(Job.created_at < at, and_(Job.created_at == at, Job.id < job_id)))
    return conn.execute(statement.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)).all()


def slides(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    """In order; provisional ones by time, since parts end in any order."""
    statement = select(Slide.__table__).where(Slide.job_id == job_id)
    return conn.execute(statement.order_by(Slide.start_s, Slide.number)).all()


def slide(conn: Connection, job_id: str, number: int) -> AnyRow | None:
    statement = select(Slide.__table__).where(Slide.job_id == job_id, Slide.number == number)
    return conn.execute(statement).one_or_none()


def slide_by_image(conn: Connection, job_id: str, image_name: str) -> AnyRow | None:
    statement = select(Slide.__table__).where(Slide.job_id == job_id, Slide.image_name == image_name)
    return conn.execute(statement.order_by(Slide.number).limit(1)).one_or_none()


def recording(conn: Connection, owner_id: str, digest: str) -> AnyRow | None:
    """The newest of the owner's jobs that was made from this content."""
    statement = select(Job.__table__).where(Job.source_digest == digest, Job.owner_id == owner_id)
    return conn.execute(statement.order_by(Job.created_at.desc()).limit(1)).one_or_none()


def artifacts(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    return conn.execute(
        select(Artifact.__table__).where(Artifact.job_id == job_id).order_by(Artifact.name)
    ).all()


def artifact(conn: Connection, job_id: str, name: str) -> AnyRow | None:
    statement = select(Artifact.__table__).where(Artifact.job_id == job_id, Artifact.name == name)
    return conn.execute(statement).one_or_none()


def metrics(conn: Connection, job_id: str) -> Sequence[AnyRow]:
    return conn.execute(
        select(JobMetrics.__table__).where(JobMetrics.job_id == job_id).order_by(JobMetrics.id)
    ).all()


def events_after(conn: Connection, job_id: str, version: int, limit: int = 500) -> Sequence[AnyRow]:
    statement = (
        select(Event.__table__)
        .where(Event.job_id == job_id, Event.version > version)
        .order_by(Event.version)
        .limit(limit)
    )
    return conn.execute(statement).all()


def ping(conn: Connection) -> None:
    """Raises when the database does not answer."""
    conn.execute(select(now_us())).scalar_one()


def slot_holder(conn: Connection, name: str) -> str | None:
    """Who holds a role just now; None when nobody has renewed it."""
    return conn.execute(
        select(Slot.holder).where(Slot.name == name, Slot.until >= now_us())
    ).scalar_one_or_none()


def queue_state(conn: Connection) -> dict[str, dict[str, int]]:
    """queue → state → number of stages that are not ended."""
    statement = (
        select(StageRow.queue, StageRow.state, func.count())
        .where(StageRow.state.in_(("waiting", "ready", "published", "running")))
        .group_by(StageRow.queue, StageRow.state)
    )
    found: dict[str, dict[str, int]] = {}
    for queue, state, count in conn.execute(statement):
        found.setdefault(queue, {})[state] = count
    return found


def stage_averages(conn: Connection, since_us: int) -> Sequence[AnyRow]:
    """Per stage: runs and mean seconds, bytes and queue wait of those that really ran."""
    statement = (
        select(
            JobMetrics.stage,
            func.count().label("runs"),
            func.avg(JobMetrics.processing_time).label("processing_time"),
            func.avg(JobMetrics.cpu_time).label("cpu_time"),
            func.avg(JobMetrics.queue_wait).label("queue_wait"),
            func.max(JobMetrics.peak_memory_usage).label("peak_memory_usage"),
        )
        .where(JobMetrics.created_at > now_us() - since_us, JobMetrics.reused.is_(False))
        .group_by(JobMetrics.stage)
        .order_by(JobMetrics.stage)
    )
    return conn.execute(statement).all()
