"""Migrations lead from nothing, and from every earlier revision, to what the models say; and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.store.database import Database
from app.store.migrate import config, upgrade
from app.store.models import Base

REVISIONS = [s.revision for s in ScriptDirectory.from_config(config("sqlite://")).walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", "postgres"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database of its own at the newest revision."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    url = f"sqlite:///{tmp_path}/lectern.db"
    upgrade(url)
    return url


@pytest.fixture
def db(migrated: str) -> Iterator[Database]:
    opened = Database(migrated)
    yield opened
    opened.close()


def tables(db: Database) -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(config("sqlite://")).get_heads()) == 1


def test_models_and_migrations_agree(migrated: str) -> None:
    command.check(config(migrated))  # raises when autogenerate would change anything


def test_a_drift_would_be_noticed(migrated: str, db: Database) -> None:
    with db.write() as conn:
        conn.execute(text("ALTER TABLE jobs ADD COLUMN forgotten INTEGER"))
    with pytest.raises(Exception, match="New upgrade operations detected"):
        command.check(config(migrated))


def test_every_table_is_made(db: Database) -> None:
    assert tables(db) == set(Base.metadata.tables)


def test_down_to_nothing_and_up_again(migrated: str, db: Database) -> None:
    command.downgrade(config(migrated), "base")
    assert tables(db) == set()
    upgrade(migrated)
    command.check(config(migrated))


@pytest.mark.parametrize("revision", REVISIONS)
def test_up_from_every_revision(migrated: str, db: Database, revision: str) -> None:
    command.downgrade(config(migrated), "base")
    upgrade(migrated, revision)
    with db.read() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == revision
    upgrade(migrated)
    command.check(config(migrated))


def test_to_migrate_twice_is_harmless(migrated: str, db: Database) -> None:
    with db.write() as conn:
        conn.execute(text("INSERT INTO owners (id, name, created_at) VALUES ('ada', 'Ada', 0)"))
    upgrade(migrated)
    with db.read() as conn:
        assert conn.execute(text("SELECT name FROM owners WHERE id = 'ada'")).scalar_one() == "Ada"


def test_the_local_user_and_the_stewards_slot_are_there_from_the_start(db: Database) -> None:
    with db.read() as conn:
        owners = set(conn.execute(text("SELECT id FROM owners")).scalars())
        slots = set(conn.execute(text("SELECT name FROM slots")).scalars())
    assert {"local", "system"} <= owners
    assert slots == {"steward", "autoscaler"}


def test_what_earlier_revisions_kept_survives(migrated: str, db: Database) -> None:
    command.downgrade(config(migrated), "0001")
    with db.write() as conn:
        conn.execute(
            text(
                "INSERT INTO jobs (id, owner_id, kind, status, version, params, source, warnings, created_at)"
                " VALUES ('job_1', 'local', 'lecture', 'queued', 1, '{}', '{}', '[]', 0)"
            )
        )
        conn.execute(
            text(
                "INSERT INTO stages (job_id, owner_id, name, queue, after, state, params)"
                " VALUES ('job_1', 'local', 'prepare', 'default', '[]', 'ready', '{}')"
            )
        )
    upgrade(migrated)
    with db.read() as conn:
        kept = "SELECT s.name FROM stages s JOIN jobs j ON j.id = s.job_id WHERE j.deck IS NULL"
        assert conn.execute(text(kept)).scalar_one() == "prepare"
