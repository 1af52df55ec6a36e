"""Rows of owners and their keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from app.store.database import AnyRow, now_us
from app.store.models import ApiKey, Owner


def _valid() -> Any:
    alive = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now_us())
    return and_(ApiKey.revoked_at.is_(None), alive)


def holders_of_keys(conn: Connection, digests: Collection[str]) -> dict[str, AnyRow]:
    """SHA-256 → (owner_id, key_id, tier, scopes); unknown, expired and revoked keys are left out."""
    statement = (
        select(ApiKey.digest, ApiKey.owner_id, ApiKey.id.label("key_id"), Owner.tier, ApiKey.scopes)
        .join(Owner, Owner.id == ApiKey.owner_id)
        .where(ApiKey.digest.in_(digests), _valid())
    )
    return {row.digest: row for row in conn.execute(statement)}


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
    """Hold the owner's row until the end of the transaction; False when there is none.

    Rows that name the owner come in meanwhile: who made some before this call would else wait in a ring.
    """
    statement = select(Owner.id).where(Owner.id == owner_id).with_for_update(key_share=True)
    return conn.execute(statement).one_or_none() is not None


def owner(conn: Connection, owner_id: str) -> AnyRow | None:
    return conn.execute(select(Owner.__table__).where(Owner.id == owner_id)).one_or_none()


def owners(conn: Connection, after: str, limit: int) -> Sequence[AnyRow]:
    """By id, after `after`."""
    statement = select(Owner.__table__).where(Owner.id > after).order_by(Owner.id).limit(limit)
    return conn.execute(statement).all()


def insert_owner(conn: Connection, *, owner_id: str, name: str, tier: str) -> None:
    conn.execute(insert(Owner).values(id=owner_id, name=name, tier=tier, created_at=now_us()))


def set_tier(conn: Connection, owner_id: str, tier: str) -> bool:
    """False when there is no such owner."""
    statement = update(Owner).where(Owner.id == owner_id).values(tier=tier).returning(Owner.id)
    return conn.execute(statement).one_or_none() is not None


def has_key(conn: Connection, owner_id: str) -> bool:
    statement = select(ApiKey.id).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None)).limit(1)
    return conn.execute(statement).one_or_none() is not None


def keys(conn: Connection, owner_id: str) -> Sequence[AnyRow]:
    """The owner's keys that still work, newest first."""
    statement = select(ApiKey.__table__).where(ApiKey.owner_id == owner_id, _valid())
    return conn.execute(statement.order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def key(conn: Connection, owner_id: str, key_id: str, *, lock: bool = False) -> AnyRow | None:
    """One of the owner's keys that still work."""
    statement = select(ApiKey.__table__).where(ApiKey.id == key_id, ApiKey.owner_id == owner_id, _valid())
    return conn.execute(statement.with_for_update() if lock else statement).one_or_none()


def insert_key(
    conn: Connection,
    *,
    key_id: str,
    owner_id: str,
    digest: str,
    prefix: str,
    label: str,
    scopes: Sequence[str],
    expires_at: int | None = None,
) -> None:
    values: dict[str, Any] = {
        "id": key_id,
        "owner_id": owner_id,
        "digest": digest,
        "prefix": prefix,
        "label": label,
    }
    values |= {"scopes": list(scopes), "expires_at": expires_at}
    conn.execute(insert(ApiKey).values(created_at=now_us(), **values))


def expire_key(conn: Connection, key_id: str, after_us: int) -> None:
    """The key stops working after so long, or when it would have anyway."""
    end = now_us() + after_us
    sooner = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > end)
    conn.execute(update(ApiKey).where(ApiKey.id == key_id, sooner).values(expires_at=end))


def revoke_key(conn: Connection, key_id: str) -> None:
    conn.execute(update(ApiKey).where(ApiKey.id == key_id).values(revoked_at=now_us()))


def clock(conn: Connection) -> int:
    """The database's clock in microseconds."""
    return int(conn.execute(select(now_us())).scalar_one())
