"""Rows of owners and their keys."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from app.store.database import now_us
from app.store.models import ApiKey, Owner


def owner_of_key(conn: Connection, digest: str) -> str | None:
    """Whose key has this SHA-256; None for an unknown or revoked one."""
    statement = select(ApiKey.owner_id).where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None))
    return conn.execute(statement).scalar_one_or_none()


def lock_owner(conn: Connection, owner_id: str) -> bool:
    """Hold the owner's row until the end of the transaction; False when there is none."""
    statement = select(Owner.id).where(Owner.id == owner_id).with_for_update()
    return conn.execute(statement).one_or_none() is not None


def has_key(conn: Connection, owner_id: str) -> bool:
    statement = select(ApiKey.id).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None)).limit(1)
    return conn.execute(statement).one_or_none() is not None


def insert_key(conn: Connection, *, key_id: str, owner_id: str, digest: str, prefix: str, label: str) -> None:
    values = {"id": key_id, "owner_id": owner_id, "digest": digest, "prefix": prefix, "label": label}
    conn.execute(insert(ApiKey).values(created_at=now_us(), **values))
