"""Stored files, who names them, and results that may be used again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base, JsonColumn


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
    annotated_name: Mapped[str | None] = mapped_column(String(100))  # the one with what was written on it


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
