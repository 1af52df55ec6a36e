"""PostgreSQL and Redis of one's own, on 127.0.0.1, data in a state folder.

    url = start_postgres(state)      # postgresql://lectern:…@127.0.0.1:PORT/lectern
    url = start_redis(state)         # redis://:…@127.0.0.1:PORT/0
    stop_postgres(state); stop_redis(state)

Starting what runs is a no-op that returns the same URL. A free port is chosen at the first start and kept for
as long as nobody else takes it. `durable=False` trades safety in a crash for speed: for tests.
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.local import processes
from workers.local.binaries import ServerError, postgres_bin, postgres_major, redis_server, unprivileged

START_TIMEOUT_S = 60.0  # recovery after a crash replays the log first
# The child gets a plain C locale: messages stay readable by us, and no locale of the machine has to exist.
_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def start_postgres(state: Path, *, durable: bool = True) -> str:
    """Start PostgreSQL (about a second the first time) and return the URL of its database `lectern`."""
    state = state.resolve()
    with processes.locked(state, "postgres"):
        home = _private(state / "postgres")
        password = secret(home / "password")
        if processes.running(state, "postgres") is None:
            _launch_postgres(state, home, durable)
        port = int((home / "port").read_text())
        _wait_ready(state, "postgres", lambda: _ensure_database(port, password))
    return f"postgresql://lectern:{password}@127.0.0.1:{port}/lectern"


def stop_postgres(state: Path) -> bool:
    """Stop it cleanly (SIGINT: "fast" shutdown); the data stays. False: it was not running."""
    return processes.stop(state.resolve(), "postgres", ask=signal.SIGINT, grace_s=30.0)


def start_redis(state: Path, *, durable: bool = True) -> str:
    """Start Redis (Valkey) and return its URL. It never evicts: it is the broker of jobs, too."""
    state = state.resolve()
    with processes.locked(state, "redis"):
        home = _private(state / "redis")
        password = secret(home / "password")
        if processes.running(state, "redis") is None:
            port = _choose_port(home / "port")
            settings = {
                "bind": "127.0.0.1",
                "port": port,
                "dir": home,
                "requirepass": password,
                "maxmemory-policy": "noeviction",
                "appendonly": "yes" if durable else "no",
                "appendfsync": "everysec",
                "save": '""',
            }
            config = home / "redis.conf"  # a file, since arguments are there for all to see in ps
            config.touch(mode=0o600)
            config.write_text("".join(f"{key} {_quoted(value)}\n" for key, value in settings.items()))
            processes.spawn(state, "redis", [str(redis_server()), str(config)], env=_ENV, cwd=home)
        port = int((home / "port").read_text())
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        _wait_ready(state, "redis", lambda: _ping(url))
    return url


def stop_redis(state: Path) -> bool:
    """Stop it cleanly; the append-only file stays. False: it was not running."""
    return processes.stop(state.resolve(), "redis")


def stop(state: Path) -> None:
    """Stop both servers."""
    stop_redis(state)
    stop_postgres(state)


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody listens there, else one of the next few, else any port that is free now.

    Any: from below the range out of which the kernel serves outgoing connections (32768 up on Linux), for one
    of those could take the port before its server gets to it.
    """
    near = range(preferred, min(preferred + 20, 65536)) if preferred else range(0)
    anywhere = (20_000 + secrets.randbelow(12_000) for _ in range(200))
    for port in itertools.chain(near, anywhere):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else TIME_WAIT counts as taken
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if not _answers(port):
            return port
    raise ServerError("No free TCP port on 127.0.0.1.")


def secret(path: Path) -> str:
    """The random secret kept in `path` (mode 0600), made on first use."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value := secrets.token_urlsafe(24))
        return value


def _launch_postgres(state: Path, home: Path, durable: bool) -> None:
    folder, data = postgres_bin(), home / "data"
    prefix, owner = unprivileged(data, folder / "postgres")
    if not (data / "PG_VERSION").exists():
        _initdb(home, folder, prefix, owner, durable)
    _drop_stale_pid_file(data)
    port = _choose_port(home / "port")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": "128MB" if durable else "32MB",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    argv = [*prefix, str(folder / "postgres"), "-D", str(data), *options]
    processes.spawn(state, "postgres", argv, env=_ENV, cwd=Path("/"))


def _initdb(home: Path, folder: Path, prefix: list[str], owner: int | None, durable: bool) -> None:
    data = home / "data"
    shutil.rmtree(data, ignore_errors=True)  # without PG_VERSION: the remains of an initdb that was cut short
    data.mkdir(mode=0o700)
    password_file = home / "password"
    if owner is not None:
        os.chown(data, owner, -1)
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if postgres_major(folder) >= 17
        else ["--locale=C.UTF-8"]
    )
    argv = [*prefix, str(folder / "initdb"), "-D", str(data), "-U", "lectern", "--encoding=UTF8", *locale]
    argv += ["--auth=scram-sha-256", f"--pwfile={password_file}", *([] if durable else ["--no-sync"])]
    done = subprocess.run(argv, env=_ENV, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise ServerError(f"PostgreSQL could not lay out its data in {data}: {done.stderr.strip()}")


def _drop_stale_pid_file(data: Path) -> None:
    """After a crash or in a new container, the pid that PostgreSQL noted may be somebody else's by now."""
    note = data / "postmaster.pid"
    try:
        pid = int(note.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if str(data) in processes.command_line(pid):
        raise ServerError(f"A PostgreSQL that was not started here (pid {pid}) uses {data}: stop it first.")
    note.unlink()


def _choose_port(kept: Path) -> int:
    wanted = int(kept.read_text()) if kept.exists() else None
    port = free_port(wanted)
    kept.write_text(str(port))
    return port


def _ensure_database(port: int, password: str) -> None:
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user="lectern", password=password, dbname="postgres", connect_timeout=2
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'lectern'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE lectern")
    finally:
        connection.close()


def _ping(url: str) -> None:
    once = Retry(NoBackoff(), 0)  # the caller asks again, sooner than the client would
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=once) as client:
        client.ping()


def _wait_ready(state: Path, name: str, probe: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            return probe()
        except (psycopg2.OperationalError, redis.ConnectionError, redis.TimeoutError) as error:
            hopeless = "authentication failed" in str(error) or processes.running(state, name) is None
            if hopeless or time.monotonic() > deadline:
                said = processes.log_tail(state, name)
                raise ServerError(f"{name} did not start ({error}). Its last words:\n{said}") from error
        time.sleep(0.03)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _quoted(value: object) -> str:
    return value if isinstance(value, str) and value.startswith('"') else f'"{value}"'
