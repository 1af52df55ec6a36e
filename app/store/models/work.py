"""Jobs, their stages, what happened to them and what they cost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base, Identity, JsonColumn


class Job(Base):
    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"))
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(String(300), server_default="")
    params: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    source: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    source_digest: Mapped[str | None] = mapped_column(ForeignKey("files.digest"))
    deck: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    deck_digest: Mapped[str | None] = mapped_column(ForeignKey("files.digest"))
    group_id: Mapped[str | None] = mapped_column(String(40))  # held by `groups.join`, as no foreign key is
    webhook_id: Mapped[str | None] = mapped_column(String(40))  # no foreign key: it may be removed meanwhile
    priority: Mapped[int] = mapped_column(Integer, server_default="1")
    admission: Mapped[str | None] = mapped_column(String(10))  # live, of an owner with a running limit
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    idempotency_fingerprint: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    warnings: Mapped[list[str]] = mapped_column(JsonColumn)
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_jobs_owner_created", "owner_id", "created_at", "id"),
        Index("ix_jobs_status", "status"),
        # Partial, these three: a claim or a finish need not enter the new row of a job into them.
        Index("ix_jobs_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("ix_jobs_source_digest", "source_digest", postgresql_where=text("source_digest IS NOT NULL")),
        Index("ix_jobs_deck_digest", "deck_digest", postgresql_where=text("deck_digest IS NOT NULL")),
        Index("ix_jobs_admission", "owner_id", "admission", postgresql_where=text("admission IS NOT NULL")),
        Index("ix_jobs_group", "group_id", "id", postgresql_where=text("group_id IS NOT NULL")),
        Index(
            "ix_jobs_group_live",
            "group_id",
            postgresql_where=text("group_id IS NOT NULL AND ended_at IS NULL"),
        ),
    )


class StageRow(Base):
    __tablename__ = "stages"
    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    owner_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    chunk: Mapped[int] = mapped_column(Integer, server_default="0")
    queue: Mapped[str] = mapped_column(String(20))
    after: Mapped[list[Any]] = mapped_column(JsonColumn)  # [[parent name, required], …]
    state: Mapped[str] = mapped_column(String(12))
    waiting_on: Mapped[int] = mapped_column(Integer, server_default="0")
    params: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    priority: Mapped[int] = mapped_column(Integer, server_default="1")
    ready_at: Mapped[int | None] = mapped_column(BigInteger)
    run_at: Mapped[int | None] = mapped_column(BigInteger)
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    lease_id: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    deadline_at: Mapped[int | None] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(String(120))
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    losses: Mapped[int] = mapped_column(Integer, server_default="0")
    awaits_key: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    error: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    __table_args__ = (
        UniqueConstraint("job_id", "name", "chunk"),
        Index("ix_stages_ready", "queue", "priority", "run_at", postgresql_where=text("state = 'ready'")),
        Index(
            "ix_stages_line",  # `leases.lines` steps from line to line; each is read from its head
            "queue",
            "owner_id",
            "priority",
            "ready_at",
            "id",
            postgresql_where=text("state = 'ready'"),
            sqlite_where=text("state = 'ready'"),
        ),
        Index("ix_stages_published", "queue", "published_at", postgresql_where=text("state = 'published'")),
        Index("ix_stages_running", "lease_until", postgresql_where=text("state = 'running'")),
        Index("ix_stages_awaits", "awaits_key", postgresql_where=text("awaits_key IS NOT NULL")),
    )


class Event(Base):
    """What happened to a job, append-only; its number is the job's version."""

    __tablename__ = "events"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    owner_id: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    at: Mapped[int] = mapped_column(BigInteger)


class JobMetrics(Base):
    """One row a finished run of a stage: seconds and bytes."""

    __tablename__ = "job_metrics"
    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(40))
    chunk: Mapped[int] = mapped_column(Integer, server_default="0")
    outcome: Mapped[str] = mapped_column(String(12))
    processing_time: Mapped[float] = mapped_column(Float)
    cpu_time: Mapped[float] = mapped_column(Float)
    queue_wait: Mapped[float] = mapped_column(Float)
    peak_memory_usage: Mapped[int] = mapped_column(BigInteger)
    input_bytes: Mapped[int] = mapped_column(BigInteger)
    output_bytes: Mapped[int] = mapped_column(BigInteger)
    worker: Mapped[str] = mapped_column(String(120))
    reused: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
