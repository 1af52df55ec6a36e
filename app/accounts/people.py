"""Users and their keys: made, listed, rotated, revoked. A key's secret is shown once and never again."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection

from app.accounts.keys import PREFIX, digest
from app.errors import Forbidden, NotFound
from app.store import accounts
from app.store.database import SECOND, AnyRow, Database

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class NewKey:
    key_id: str
    secret: str


def add_user(db: Database, name: str, tier: str) -> str:
    """Make a user without any key yet; returns their id."""
    owner_id = f"user_{uuid.uuid4().hex[:16]}"
    with db.write() as conn:
        accounts.insert_owner(conn, owner_id=owner_id, name=name, tier=tier)
    return owner_id


def change_tier(db: Database, owner_id: str, tier: str) -> None:
    with db.write() as conn:
        if not accounts.set_tier(conn, owner_id, tier):
            raise NotFound("There is no such user.")


def add_key(
    db: Database,
    owner_id: str,
    *,
    label: str,
    scopes: Collection[Scope],
    days: float | None,
    giver: Collection[str] = SCOPES,
) -> NewKey:
    """Make a key that works for `days` (None: until revoked). Nobody gives a scope that they lack."""
    _may_give(giver, scopes)
    with db.write() as conn:
        if accounts.owner(conn, owner_id) is None:
            raise NotFound("There is no such user.")
        return _insert(conn, owner_id, label, sorted(scopes), _end(conn, days))


def rotate_key(
    db: Database, owner_id: str, key_id: str, *, grace_s: float, giver: Collection[str] = SCOPES
) -> NewKey:
    """A new secret in place of an old one, which goes on working for `grace_s`."""
    with db.write() as conn:
        old = accounts.key(conn, owner_id, key_id, lock=True)
        if old is None:
            raise NotFound("There is no such key.")
        _may_give(giver, old.scopes)
        accounts.expire_key(conn, key_id, int(grace_s * SECOND))
        return _insert(conn, owner_id, old.label, old.scopes, old.expires_at)


def revoke_key(db: Database, owner_id: str, key_id: str) -> None:
    """It stops working within seconds, everywhere."""
    with db.write() as conn:
        if accounts.key(conn, owner_id, key_id, lock=True) is None:
            raise NotFound("There is no such key.")
        accounts.revoke_key(conn, key_id)


def keys_of(db: Database, owner_id: str) -> Sequence[AnyRow]:
    with db.read() as conn:
        return accounts.keys(conn, owner_id)


def _may_give(giver: Collection[str], scopes: Collection[str]) -> None:
    beyond = sorted(set(scopes) - set(giver))
    if beyond:
        raise Forbidden(f"Your own key may not do this, so it cannot allow it: {', '.join(beyond)}.")


def _end(conn: Connection, days: float | None) -> int | None:
    return None if days is None else accounts.clock(conn) + int(days * 24 * 3600 * SECOND)


def _insert(
    conn: Connection, owner_id: str, label: str, scopes: Sequence[str], expires_at: int | None
) -> NewKey:
    made = NewKey(f"key_{uuid.uuid4().hex}", "lk_" + secrets.token_urlsafe(32))
    accounts.insert_key(
        conn,
        key_id=made.key_id,
        owner_id=owner_id,
        digest=digest(made.secret),
        prefix=made.secret[:PREFIX],
        label=label,
        scopes=scopes,
        expires_at=expires_at,
    )
    return made
