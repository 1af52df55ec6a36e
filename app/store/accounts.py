"""Rows of owners and their keys."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from app.store.database import now_us
from app.store.models import ApiKey, Owner


def owner_of_key(conn: Connection, digest: str) -> str | None:
    """Whose key has this SHA-256; None for an unknown or revoked one."""
    statement = select(ApiKey.owner_id).where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None))
    return conn.execute(statement).scalar_one_or_none()


def tier_of(conn: Connection, owner_id: str, *, lock: bool = False) -> str | None:
    """The owner's tier; with `lock` their row is held, and None is said when somebody else holds it."""
    statement = select(Owner.tier).where(Owner.id == owner_id)
    if lock:
        statement = statement.with_for_update(skip_locked=True)
    return conn.execute(statement).scalar_one_or_none()


def limited(conn: Connection, owner_ids: Collection[str], tiers: Collection[str]) -> set[str]:
    """Those of the owners who are on one of the tiers."""
    statement = select(Owner.id).where(Owner.id.in_(owner_ids), Owner.tier.in_(tiers))
    return set(conn.execute(statement).scalars())


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
