"""Databases of a test’s own, copied from one that was migrated once; tests/store looks at the migrations."""

from __future__ import annotations

import functools
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from app.store.database import Database
from app.store.migrate import upgrade

TEMPLATE = "migrated"
_SETTINGS = text("""
    SELECT unnest(setconfig) FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
    WHERE datname = :name AND setrole = 0
""")


def migrated_sqlite(url: str) -> None:
    """Make the SQLite database at `url`, at the newest schema."""
    place = Path(url.removeprefix("sqlite:///"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(_sqlite_template())


@functools.cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "lectern.db")
        upgrade(f"sqlite:///{place}")
        assert not Path(f"{place}-wal").exists(), "all of it is in the one file"
        return place.read_bytes()


def make_template(server: str) -> None:
    """Migrate the database that `migrated_postgres` copies."""
    with _administered(server) as conn:
        conn.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    upgrade(_named(server, TEMPLATE))


@contextmanager
def migrated_postgres(server: str) -> Iterator[str]:
    """URL of a database of its own on that server, at the newest schema; gone afterwards."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with _administered(server, f"DROP DATABASE {name} WITH (FORCE)") as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
        for setting in conn.execute(_SETTINGS, {"name": TEMPLATE}).scalars():  # these are not copied
            key, _, value = setting.partition("=")
            conn.execute(text(f"ALTER DATABASE {name} SET {key} = '{value}'"))
        yield _named(server, name)


def _named(server: str, database: str) -> str:
    return f"{server.rsplit('/', 1)[0]}/{database}"


@contextmanager
def _administered(server: str, at_the_end: str = "") -> Iterator[Connection]:
    """A connection for statements that allow no transaction around them."""
    admin = Database(server)
    try:
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            yield conn
            if at_the_end:
                conn.execute(text(at_the_end))
    finally:
        admin.close()
