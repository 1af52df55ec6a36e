"""The local stack as a whole: real servers and, in place of our programs, small ones that stand still."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.errors import BadConfiguration
from workers.local import checks, components, processes, servers, stack
from workers.local.binaries import ServerError
from workers.local.growth import LocalWorkers
from workers.local.stack import Stack

pytestmark = pytest.mark.services

WEB = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""
WORKER = f"""
import os, sys, time
print(sys.argv[1:], "database" if os.environ.get("DATABASE_URL") else "", flush=True)
if sys.argv[1] == "flower":
    exec({WEB!r})
time.sleep(600)
"""
MIGRATE = """
import flask.cli, os, pathlib
app = flask.Flask(__name__)
@app.cli.group("db")
def db(): pass
@db.command("upgrade")
def upgrade(): pathlib.Path(os.environ["LECTERN_STATE"], "migrated").write_text(os.environ["DATABASE_URL"])
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("asgi.py", WEB), ("celery_worker.py", WORKER), ("wsgi.py", MIGRATE)):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(stack, "ROOT", tmp_path)
    # Ports that are free now, so that a real Lectern on the usual ones is no matter.
    monkeypatch.setattr(stack, "API_PORT", servers.free_port())
    monkeypatch.setattr(stack, "FLOWER_PORT", servers.free_port())
    monkeypatch.setattr(components, "WORKER_PROFILES", ("analysis", "general"))  # fewer to start
    # The stand-ins do not speak Celery; the end-to-end tests have workers that do.
    monkeypatch.setattr(
        components, "answering_workers", lambda env, at_most: alive_workers(tmp_path / "state")
    )
    return tmp_path


def alive_workers(state: Path) -> set[int]:
    records = [processes.running(state, name) for name in processes.recorded(state) if "worker" in name]
    return {record.pid for record in records if record}


@pytest.fixture
def local(root: Path) -> Iterator[Stack]:
    clean = {"PATH": os.environ["PATH"]}
    made = Stack(root / "state", clean)
    yield made
    made.down(lambda _: None)
    assert [name for name in processes.recorded(made.state) if processes.running(made.state, name)] == []


def up(local: Stack) -> str:
    said: list[str] = []
    local.up(said.append)
    return "\n".join(said)


def test_up_status_down_and_up_again(local: Stack) -> None:
    up(local)
    lines = {line.name: line for line in local.status()}
    expected = {"postgres", "redis", "api", "beat", "flower"}
    expected |= {f"worker-{profile}" for profile in components.WORKER_PROFILES}
    assert set(lines) == expected
    assert all(line.pid and not line.trouble for line in lines.values())
    env = local.env()
    assert requests.get(env["LECTERN_URL"], timeout=5).ok
    assert (local.state / "migrated").read_text() == env["DATABASE_URL"]
    assert "database" in processes.log_file(local.state, "worker-general").read_text()
    assert (local.state / "env").stat().st_mode & 0o077 == 0

    assert up(local) == "Lectern is already running."
    embedded = Stack(local.state, {"USE_CELERY": "false", "REDIS_URL": "redis://elsewhere/0"})
    assert "already running, with USE_CELERY=true, another REDIS_URL:" in up(embedded)
    assert {line.name: line.pid for line in local.status()} == {n: line.pid for n, line in lines.items()}

    local.down(lambda _: None)
    assert all(line.trouble == "down" for line in local.status())
    up(local)
    assert local.env()["DATABASE_URL"] == env["DATABASE_URL"]


def test_with_an_autoscaler_more_workers_are_seen_and_stopped_with_the_rest(local: Stack, root: Path) -> None:
    scaled = Stack(local.state, {"PATH": os.environ["PATH"], "AUTO_SCALE": "true"})
    scaled.up(lambda _: None)
    assert "autoscaler" in [line.name for line in scaled.status()]
    assert "already running, with AUTO_SCALE=true:" in up(local)
    LocalWorkers(local.state, (str(root / "celery_worker.py"),)).start("extraction")
    grown = {line.name: line for line in scaled.status()}["worker-auto-extraction-1"]
    assert grown.pid
    assert not grown.trouble
    local.down(lambda _: None)
    assert processes.start_mark(grown.pid) is None


def test_what_died_is_started_again_and_the_rest_left_alone(local: Stack) -> None:
    up(local)
    before = {line.name: line.pid for line in local.status()}
    processes.stop(local.state, "worker-analysis")
    assert {line.name for line in local.status() if line.trouble} == {"worker-analysis"}
    said = up(local)
    assert "already" not in said
    assert "our own" not in said
    after = {line.name: line.pid for line in local.status()}
    assert {name for name in after if after[name] != before[name]} == {"worker-analysis"}


def test_a_taken_port_is_left_to_its_owner_and_said(local: Stack) -> None:
    with socket.create_server(("127.0.0.1", stack.API_PORT)):
        said = up(local)
        assert f"Port {stack.API_PORT} is taken" in said
        assert local.env()["LECTERN_URL"] != f"http://127.0.0.1:{stack.API_PORT}"


def test_a_part_that_fails_is_named_with_its_last_words_and_nothing_stays(local: Stack, root: Path) -> None:
    (root / "celery_worker.py").write_text("raise SystemExit('no such broker')")
    with pytest.raises(ServerError, match=r"did not come up(.|\n)*no such broker"):
        up(local)
    assert all(line.trouble == "down" for line in local.status())


def test_servers_of_the_user_are_used_and_never_stopped(root: Path) -> None:
    theirs = root / "theirs"
    urls = {"DATABASE_URL": servers.start_postgres(theirs, durable=False)}
    urls["REDIS_URL"] = servers.start_redis(theirs, durable=False)
    try:
        local = Stack(root / "state", {"PATH": os.environ["PATH"]} | urls)
        up(local)
        assert {line.name for line in local.status() if "yours" in line.name} == {
            "postgres (yours)",
            "redis (yours)",
        }
        assert local.env()["REDIS_URL"] == urls["REDIS_URL"]
        local.down(lambda _: None)
        assert processes.running(theirs, "postgres")
        assert processes.running(theirs, "redis")
    finally:
        servers.stop(theirs)


def test_a_sourced_env_file_does_not_make_our_servers_the_users(local: Stack) -> None:
    up(local)
    sourced = Stack(local.state, {"PATH": os.environ["PATH"]} | local.env())
    sourced.down(lambda _: None)
    with socket.create_server(("127.0.0.1", stack.API_PORT)):
        up(sourced)
        assert {line.name: line.trouble for line in sourced.status()}["postgres"] == ""
        assert sourced.env()["PUBLIC_URL"] == sourced.env()["LECTERN_URL"]


def test_embedded_mode_is_one_process(root: Path) -> None:
    (root / "wsgi.py").write_text(MIGRATE.replace('os.environ["DATABASE_URL"]', '"embedded"'))
    local = Stack(root / "state", {"PATH": os.environ["PATH"], "USE_CELERY": "false"})
    try:
        assert "Flower" not in up(local)
        assert [line.name for line in local.status()] == ["api"]
        assert "LECTERN_FLOWER_URL" not in local.env()
        assert local.env()["USE_CELERY"] == "false"
    finally:
        local.down(lambda _: None)


def test_a_database_that_accepts_and_stays_silent_is_told_in_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CONNECT_TIMEOUT_S", 2)  # libpq's least
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg2://a:secret@127.0.0.1:{silent.getsockname()[1]}/a"
        local = Stack(root / "state", {"PATH": os.environ["PATH"], "DATABASE_URL": url})
        with pytest.raises(
            ServerError, match=r"^The database of DATABASE_URL cannot be reached: .*\.$"
        ) as told:
            up(local)
    assert "secret" not in str(told.value)
    assert processes.recorded(local.state) == []


@pytest.mark.parametrize(
    ("variable", "scheme", "title"),
    [("DATABASE_URL", "postgresql", "The database"), ("REDIS_URL", "redis", "The Redis")],
)
def test_a_server_of_the_user_that_refuses_is_told_in_one_sentence(
    root: Path, variable: str, scheme: str, title: str
) -> None:
    url = f"{scheme}://127.0.0.1:{servers.free_port()}/0"
    local = Stack(root / "state", {"PATH": os.environ["PATH"], variable: url})
    with pytest.raises(ServerError, match=rf"^{title} of {variable} cannot be reached: .*refused\.$"):
        up(local)
    assert processes.recorded(local.state) == []


def test_a_migration_that_fails_is_told_without_its_traceback_and_nothing_stays(
    local: Stack, root: Path
) -> None:
    (root / "wsgi.py").write_text(
        MIGRATE.split("def upgrade")[0] + "def upgrade(): raise OSError('no space')"
    )
    with pytest.raises(ServerError) as told:
        up(local)
    assert str(told.value) == "The database could not be brought up to date:\nOSError: no space"
    assert not any(processes.running(local.state, name) for name in ("postgres", "redis", "api"))


def test_wrong_settings_are_told_before_anything_starts(root: Path) -> None:
    local = Stack(root / "state", {"PATH": os.environ["PATH"], "USE_CELERY": "maybe"})
    with pytest.raises(BadConfiguration, match="USE_CELERY"):
        up(local)
    assert processes.recorded(local.state) == []


def test_values_with_odd_characters_survive_the_env_file(root: Path) -> None:
    (root / "state").mkdir()
    made = Stack(root / "state", {})
    made._write_plan({"A": 'it\'s a $value with "quotes"', "B": "x=y"}, [], [])
    assert made.env() == {"A": 'it\'s a $value with "quotes"', "B": "x=y"}
    assert json.loads((root / "state" / "stack.json").read_text()) == {"components": [], "external": []}
