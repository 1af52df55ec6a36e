"""What callers see of a database that is away, full or stopping."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from app.errors import Unavailable
from app.store import files
from app.store.database import Database
from app.store.models import File
from workers.local.servers import start_postgres, stop_postgres


def test_no_server_is_unavailable() -> None:
    database = Database("postgresql://lectern:x@127.0.0.1:1/lectern")
    with pytest.raises(Unavailable), database.read():
        pass
    database.close()


def test_an_exhausted_pool_is_unavailable(postgres_url: str) -> None:
    database = Database(postgres_url, pool_size=1)
    with database.read(), database.read(), pytest.raises(Unavailable), database.read():
        pass
    database.close()


def test_a_server_that_stops_in_mid_transaction_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    url = start_postgres(tmp_path, durable=False)
    database = Database(url)

    def cut_off() -> None:
        with database.write() as conn:
            stop_postgres(tmp_path)
            conn.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        cut_off()
    with pytest.raises(Unavailable), database.write():
        pass
    start_postgres(tmp_path, durable=False)
    with database.write() as conn:
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
    database.close()
    stop_postgres(tmp_path)


def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(postgres_url: str) -> None:
    db, admin = Database(postgres_url), Database(postgres_url)
    assert db.direct is not None
    with db.read() as conn:
        pids = {conn.execute(text("SELECT pg_backend_pid()")).scalar_one()}
        pids.add(db.direct.one("SELECT pg_backend_pid() AS pid", {}).pid)
    with admin.read() as conn:
        ended = text("SELECT pg_terminate_backend(pid, 30000) FROM unnest(:pids) AS pid")  # waits for it
        assert conn.execute(ended, {"pids": list(pids)}).scalars().all() == [True, True]
    assert db.direct.one("SELECT 1 AS one", {}).one == 1
    with db.read() as conn:
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
    db.close()
    admin.close()


def test_a_direct_statement_that_cannot_be_had_is_unavailable_and_a_mistake_is_not(postgres_url: str) -> None:
    nowhere = Database("postgresql://x@127.0.0.1:1/x")
    assert nowhere.direct is not None
    with pytest.raises(Unavailable):
        nowhere.direct.one("SELECT 1", {})
    db = Database(postgres_url)
    assert db.direct is not None
    with pytest.raises(psycopg2.Error, match="nonsense"):
        db.direct.one("SELECT nonsense", {})
    assert db.direct.one("SELECT 1 AS one", {}).one == 1
    db.close()


def test_a_mistake_of_ours_is_not_called_an_outage(postgres_url: str, tmp_path: Path) -> None:
    for url in (postgres_url, f"sqlite:///{tmp_path}/x.db"):
        database = Database(url)
        with pytest.raises(DBAPIError), database.write() as conn:
            conn.execute(text("SELECT * FROM nowhere"))
        database.close()


def test_nobody_waits_for_a_lock_for_ever(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.read() as conn:
        waits = conn.execute(text("SHOW lock_timeout")).scalar_one()
        idles = conn.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert (waits, idles) == ("10s", "10s")
    database.close()


def test_a_file_that_is_named_while_it_is_collected_stays(postgres_url: str) -> None:
    """Collection waits for a submit that holds the row; what it then decides must see the commit."""
    database = Database(postgres_url)
    digest = "a" * 64
    with database.write() as conn:
        files.touch(conn, digest, 1)
        conn.execute(update(File).values(touched_at=1))
    collected: list[bool] = []

    def collect() -> None:
        with database.write() as conn:
            collected.append(files.lock_collectable(conn, digest, 0) and files.forget(conn, digest))

    thread = threading.Thread(target=collect)
    with database.write() as conn:
        row = {"id": "up_1", "owner_id": "local", "digest": digest, "filename": "a", "size": 1}
        files.insert_upload(conn, row)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "it waits for the row that the foreign key holds"
    thread.join(10)
    assert collected == [False]
    with database.read() as conn:
        assert files.known(conn, [digest]) == {digest}
    database.close()


def test_only_the_transaction_that_may_be_forgotten_does_not_wait_for_the_disk(postgres_url: str) -> None:
    database = Database(postgres_url, pool_size=1)
    source = text("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'")
    with database.write(synced=False) as conn:
        assert tuple(conn.execute(source).one()) == ("off", "session")
    with database.write() as conn:
        assert conn.execute(source).one().source != "session"
    database.close()
