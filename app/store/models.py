"""The tables. Times are microseconds on the database's clock; JSON columns hold what SQL never asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

JsonColumn = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Identity = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself
_NAMES = {kind: f"{kind}_%(table_name)s_%(column_0_N_name)s" for kind in ("ix", "uq", "fk")}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES | {"pk": "pk_%(table_name)s"})


class Owner(Base):
    """Whoever jobs belong to; `local` exists from the first migration on."""

    __tablename__ = "owners"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    tier: Mapped[str] = mapped_column(String(20), server_default="free")
    created_at: Mapped[int] = mapped_column(BigInteger)


class ApiKey(Base):
    """A key is random, so its SHA-256 is all that is kept of it."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[list[str]] = mapped_column(JsonColumn)  # of read, write, admin
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class File(Base):
    """A stored content; it may be deleted only when no row names it any more."""

    __tablename__ = "files"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    touched_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Upload(Base):
    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)


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
    source_digest: Mapped[str | None] = mapped_column(ForeignKey("files.digest"), index=True)
    deck: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    deck_digest: Mapped[str | None] = mapped_column(ForeignKey("files.digest"), index=True)
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
        Index("ix_jobs_ended", "ended_at"),
        Index("ix_jobs_admission", "owner_id", "admission", postgresql_where=text("admission IS NOT NULL")),
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
        Index("ix_stages_ready", "queue", "run_at", postgresql_where=text("state = 'ready'")),
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


class Slide(Base):
    __tablename__ = "slides"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner_id: Mapped[str] = mapped_column(String(40))
    intervals: Mapped[list[Any]] = mapped_column(JsonColumn)  # [[start_s, end_s], …]
    start_s: Mapped[float] = mapped_column(Float)
    end_s: Mapped[float] = mapped_column(Float)
    digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), index=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    image_name: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text, server_default="")
    part: Mapped[int | None] = mapped_column(Integer)  # set while provisional: what part of it was seen in
    deck_page: Mapped[int | None] = mapped_column(Integer)
    recorded_name: Mapped[str | None] = mapped_column(String(100))  # the recording's own picture of that page


class Artifact(Base):
    """A named file that a job gives to its owner."""

    __tablename__ = "artifacts"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), index=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(40))


class StageFile(Base):
    """Files that a stage's result names (chunks of audio, images): keeps them from collection."""

    __tablename__ = "stage_files"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), primary_key=True, index=True)


class Result(Base):
    """A stage's result, kept for reuse independently of the job that made it."""

    __tablename__ = "results"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(40))
    lease_id: Mapped[str | None] = mapped_column(String(36))
    stage_id: Mapped[int | None] = mapped_column(BigInteger)  # who is making it, while nobody has
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    spawn: Mapped[list[Any] | None] = mapped_column(JsonColumn)
    used_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ResultFile(Base):
    __tablename__ = "result_files"
    key: Mapped[str] = mapped_column(ForeignKey("results.key", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), primary_key=True, index=True)


class Slot(Base):
    """A role that one process holds at a time, until `until` (the steward)."""

    __tablename__ = "slots"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    until: Mapped[int] = mapped_column(BigInteger)


class ScheduledRun(Base):
    """A beat slot that was used: unique, so two beats make one job."""

    __tablename__ = "scheduled_runs"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    job_id: Mapped[str] = mapped_column(String(40))
