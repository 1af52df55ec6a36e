from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from app.accounts.keys import Keyring, digest, ensure_local_key
from app.errors import BadConfiguration, Unauthenticated
from app.store.database import Database
from app.store.models import ApiKey, Base, Owner
from tests.accounts.people import give_key


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/keys.db")
    Base.metadata.create_all(made.engine)
    with made.write() as conn:
        conn.execute(insert(Owner), [{"id": o, "name": o, "created_at": 0} for o in ("local", "ada")])
    yield made
    made.close()


def test_a_key_tells_its_owner_and_only_its_digest_is_kept(db: Database) -> None:
    secret = give_key(db, "ada")
    assert secret.startswith("lk_")
    assert Keyring(db, "keys").authenticate(f"Bearer {secret}").owner_id == "ada"
    with db.read() as conn:
        row = conn.execute(select(ApiKey.__table__)).one()
    assert row.digest == digest(secret)
    assert secret.startswith(row.prefix)
    assert secret not in map(str, row)
    assert len(row.prefix) < 16


def test_no_key_is_the_local_user_only_in_local_mode(db: Database) -> None:
    assert Keyring(db, "local").authenticate(None).owner_id == "local"
    assert Keyring(db, "local").authenticate("").owner_id == "local"
    with pytest.raises(Unauthenticated):
        Keyring(db, "keys").authenticate(None)
    for mode in ("local", "keys"):
        with pytest.raises(Unauthenticated):
            Keyring(db, mode).authenticate("Bearer lk_wrong")  # type: ignore[arg-type]


def test_a_revoked_key_is_forgotten_within_seconds(db: Database) -> None:
    now = [100.0]
    ring = Keyring(db, "keys", clock=lambda: now[0])
    secret = give_key(db, "ada")
    header = f"Bearer {secret}"
    assert ring.recall(header) is None  # not asked yet
    caller = ring.authenticate(header)
    assert caller == ring.recall(header)
    assert caller.owner_id == "ada"
    with db.write() as conn:
        conn.execute(update(ApiKey).values(revoked_at=1))
    assert ring.authenticate(header) == caller  # remembered
    now[0] += 5.1
    with pytest.raises(Unauthenticated):
        ring.authenticate(header)
    with pytest.raises(Unauthenticated):
        ring.recall(header)  # a refusal is remembered too


def test_the_first_start_makes_one_local_key(db: Database, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_local_key(db, state), range(4)))
    assert [path for path in made if path is not None] == [state / "api_key"]
    path = state / "api_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring(db, "keys").authenticate(f"Bearer {path.read_text().strip()}").owner_id == "local"


def test_without_migrations_it_says_what_to_do(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/empty.db")
    Base.metadata.create_all(db.engine)
    with pytest.raises(BadConfiguration, match="db upgrade"):
        ensure_local_key(db, tmp_path)
    db.close()
