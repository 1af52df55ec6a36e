"""Whose turn it is: roles that one process holds, slots of the schedule."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base


class Slot(Base):
    """A role that one process holds at a time, until `until`; `since` when it had no gap, whoever held it."""

    __tablename__ = "slots"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    until: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[int | None] = mapped_column(BigInteger)


class ScheduledRun(Base):
    """A beat slot that was used: unique, so two beats make one job."""

    __tablename__ = "scheduled_runs"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    job_id: Mapped[str] = mapped_column(String(40))
