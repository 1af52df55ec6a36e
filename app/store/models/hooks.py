"""Where owners want to be told of what happened, and what is still to be told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.models.base import Base, JsonColumn


class Webhook(Base):
    """An address of an owner's. Its secrets are kept as they are: each message is signed with them."""

    __tablename__ = "webhooks"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JsonColumn)
    label: Mapped[str] = mapped_column(String(200), server_default="")
    enabled: Mapped[bool] = mapped_column(Boolean)
    secret: Mapped[str] = mapped_column(String(100))
    old_secret: Mapped[str | None] = mapped_column(String(100))
    old_until: Mapped[int | None] = mapped_column(BigInteger)  # until then both sign
    failures: Mapped[int] = mapped_column(Integer, server_default="0")  # since the last success
    resume_at: Mapped[int | None] = mapped_column(BigInteger)  # nothing is sent before
    error: Mapped[str | None] = mapped_column(Text)  # of the last failure, or why it was disabled
    succeeded_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Delivery(Base):
    """One message for one webhook. Pending ones are due at `next_at`; a sender that takes one moves it
    on by the length of its lease, so one whose sender died is due again by itself."""

    __tablename__ = "webhook_deliveries"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    owner_id: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(String(60))
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    state: Mapped[str] = mapped_column(String(10))  # pending, delivered or failed
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[int] = mapped_column(BigInteger)
    lease_id: Mapped[str | None] = mapped_column(String(36))
    attempts: Mapped[list[Any]] = mapped_column(JsonColumn)  # [{at, status, duration_s, error}, …]
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index(
            "ix_webhook_deliveries_due", "webhook_id", "next_at", postgresql_where=text("state = 'pending'")
        ),
        Index("ix_webhook_deliveries_newest", "webhook_id", "created_at", "id"),
        Index("ix_webhook_deliveries_ended", "ended_at"),
    )
