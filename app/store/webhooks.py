"""Rows of webhooks: whom an owner wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app.store.database import AnyRow, now_us
from app.store.models import Webhook


def listening(conn: Connection, owner_id: str) -> Sequence[AnyRow]:
    """(id, events) of the owner's webhooks that are not disabled; one look at an index for most owners."""
    statement = select(Webhook.id, Webhook.events)
    return conn.execute(statement.where(Webhook.owner_id == owner_id, Webhook.enabled)).all()


def of_owner(conn: Connection, owner_id: str) -> Sequence[AnyRow]:
    statement = select(Webhook.__table__).where(Webhook.owner_id == owner_id)
    return conn.execute(statement.order_by(Webhook.created_at, Webhook.id)).all()


def count(conn: Connection, owner_id: str) -> int:
    statement = select(func.count()).select_from(Webhook).where(Webhook.owner_id == owner_id)
    return int(conn.execute(statement).scalar_one())


def one(conn: Connection, owner_id: str, webhook_id: str, *, lock: bool = False) -> AnyRow | None:
    """None also for another owner's. A lock does not hold up jobs that end meanwhile."""
    statement = select(Webhook.__table__).where(Webhook.id == webhook_id, Webhook.owner_id == owner_id)
    return conn.execute(statement.with_for_update(key_share=True) if lock else statement).one_or_none()


def at(conn: Connection, owner_id: str, url: str) -> AnyRow | None:
    """The owner's webhook at this address; of several one that is enabled, and the oldest."""
    statement = select(Webhook.__table__).where(Webhook.owner_id == owner_id, Webhook.url == url)
    order = (Webhook.enabled.desc(), Webhook.created_at, Webhook.id)
    return conn.execute(statement.order_by(*order).limit(1)).one_or_none()


def add(conn: Connection, **values: Any) -> None:
    conn.execute(insert(Webhook).values(created_at=now_us(), **values))


def change(conn: Connection, webhook_id: str, **values: Any) -> None:
    conn.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))


def remove(conn: Connection, webhook_id: str) -> None:
    """Its deliveries go with it."""
    conn.execute(delete(Webhook).where(Webhook.id == webhook_id))


def clock(conn: Connection) -> int:
    """The database's clock in microseconds."""
    return int(conn.execute(select(now_us())).scalar_one())
