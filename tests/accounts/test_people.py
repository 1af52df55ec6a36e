"""Users and their keys: scopes, expiry, rotation, revocation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from app.accounts import people
from app.accounts.keys import Caller, Keyring
from app.errors import Forbidden, NotFound, Unauthenticated
from app.store.database import Database
from app.store.models import ApiKey, Base, Owner


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/people.db")
    Base.metadata.create_all(made.engine)
    with made.write() as conn:
        conn.execute(insert(Owner).values(id="ada", name="Ada", tier="pro", created_at=0))
    yield made
    made.close()


def enter(db: Database, secret: str) -> Caller:
    return Keyring(db, "keys").authenticate(f"Bearer {secret}")


def test_a_key_carries_owner_tier_and_scopes(db: Database) -> None:
    made = people.add_key(db, "ada", label="ci", scopes={"read"}, days=None)
    caller = enter(db, made.secret)
    assert (caller.owner_id, caller.tier, caller.key_id) == ("ada", "pro", made.key_id)
    caller.require("read")
    with pytest.raises(Forbidden):
        caller.require("write")


def test_nobody_gives_what_they_lack(db: Database) -> None:
    with pytest.raises(Forbidden):
        people.add_key(db, "ada", label="x", scopes={"read", "admin"}, days=None, giver={"read", "write"})
    strong = people.add_key(db, "ada", label="x", scopes={"admin"}, days=None)
    with pytest.raises(Forbidden):
        people.rotate_key(db, "ada", strong.key_id, grace_s=0, giver={"read", "write"})


def test_an_expired_key_opens_nothing(db: Database) -> None:
    made = people.add_key(db, "ada", label="week", scopes={"read"}, days=7)
    assert enter(db, made.secret).owner_id == "ada"
    with db.write() as conn:
        conn.execute(update(ApiKey).values(expires_at=ApiKey.created_at - 1))
    with pytest.raises(Unauthenticated):
        enter(db, made.secret)
    assert not people.keys_of(db, "ada")


def test_a_rotated_key_goes_on_for_its_grace_only(db: Database) -> None:
    old = people.add_key(db, "ada", label="ci", scopes={"read", "write"}, days=None)
    new = people.rotate_key(db, "ada", old.key_id, grace_s=60)
    assert enter(db, old.secret).scopes == enter(db, new.secret).scopes
    at_once = people.rotate_key(db, "ada", new.key_id, grace_s=0)
    with pytest.raises(Unauthenticated):
        enter(db, new.secret)
    assert enter(db, at_once.secret).owner_id == "ada"
    assert {row.label for row in people.keys_of(db, "ada")} == {"ci"}


def test_revoking_and_anothers_keys(db: Database) -> None:
    made = people.add_key(db, "ada", label="ci", scopes={"read"}, days=None)
    with pytest.raises(NotFound):
        people.revoke_key(db, "bob", made.key_id)
    people.revoke_key(db, "ada", made.key_id)
    with pytest.raises(Unauthenticated):
        enter(db, made.secret)
    with pytest.raises(NotFound):
        people.revoke_key(db, "ada", made.key_id)
    with pytest.raises(NotFound):
        people.add_key(db, "nobody", label="ci", scopes={"read"}, days=None)
