"""Keys of people other than the local user, for whom nothing makes one yet."""

from __future__ import annotations

from app.accounts.keys import digest
from app.store.accounts import insert_key
from app.store.database import Database


def give_key(db: Database, owner_id: str) -> str:
    """A working key of the owner; returns its secret."""
    secret = f"lk_the_long_secret_of_{owner_id}"
    with db.write() as conn:
        insert_key(
            conn,
            key_id=f"key_{owner_id}",
            owner_id=owner_id,
            digest=digest(secret),
            prefix=secret[:11],
            label="test",
            scopes=["read", "write"],
        )
    return secret
