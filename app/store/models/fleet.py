"""Workers as they make themselves known, and queues that an operator has paused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base, Identity, JsonColumn


class Worker(Base):
    """One worker's main process. It renews `seen_at` while it lives and takes the row away when it ends."""

    __tablename__ = "workers"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)  # the beginning of `stages.worker`
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    profile: Mapped[str | None] = mapped_column(String(20))
    queues: Mapped[list[Any]] = mapped_column(JsonColumn)
    concurrency: Mapped[int] = mapped_column(Integer)
    memory_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")  # with all that it started
    started_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    draining_at: Mapped[int | None] = mapped_column(BigInteger)  # set by an operator; the worker heeds it


class PausedQueue(Base):
    """A row here and nothing is published into the queue of this name."""

    __tablename__ = "paused_queues"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    paused_at: Mapped[int] = mapped_column(BigInteger)


class ScalingStep(Base):
    """The autoscaler made the workers of a pool more or fewer."""

    __tablename__ = "scaling_steps"
    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(BigInteger)
    pool: Mapped[str] = mapped_column(String(20))
    before: Mapped[int] = mapped_column(Integer)
    after: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(String(120))
