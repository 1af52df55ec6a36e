"""Jobs that were handed in together, or belong together."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base


class Group(Base):
    """A batch makes one, with the key and the fingerprint of its request. `ended_at`: when its last job
    ended; the finisher that finds no live job sets it, a retry or a further job takes it back."""

    __tablename__ = "job_groups"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"))
    name: Mapped[str] = mapped_column(String(200))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    idempotency_fingerprint: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_job_groups_owner_created", "owner_id", "created_at", "id"),
        Index("ix_job_groups_open", "created_at", postgresql_where=text("ended_at IS NULL")),
    )
