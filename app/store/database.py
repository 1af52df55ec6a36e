"""Engines and transactions. Everything else in this room writes SQL against what is opened here.

Times are integer microseconds since 1970 on the database's own clock, in PostgreSQL and SQLite alike
(docs/decisions/0002), so that leases compare and add the same way in both.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, BigInteger, Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.errors import Unavailable
from app.store.direct import Direct, hung_up, passing_code

SECOND = 1_000_000
_PATIENCE_S = 30  # for SQLite's one writer's lock
AnyRow = Row[*tuple[Any, ...]]


class now_us(FunctionElement[int]):
    """The database's clock, in microseconds; advances inside a transaction."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_us, "postgresql")
def _now_pg(element: now_us, compiler: Any, **kw: Any) -> str:
    return "CAST(extract(epoch from clock_timestamp()) * 1000000 AS BIGINT)"


@compiles(now_us, "sqlite")
def _now_sqlite(element: now_us, compiler: Any, **kw: Any) -> str:
    return "lectern_now_us()"


def driver_url(url: str) -> URL:
    """The URL with psycopg2 named as driver; a plain `postgresql://` would ask SQLAlchemy for psycopg 3."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg2") if parsed.drivername == "postgresql" else parsed


class Database:
    """One primary. `write` and `read` hand out a Connection in a transaction of its own."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = driver_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url, pool_size)
        self.direct = None if self.is_sqlite else Direct(self.engine)
        self._pid = os.getpid()
        self._writer = threading.Lock()  # SQLite's: it lets who waits sleep for up to 0.1 s while it is free

    @contextmanager
    def write(self, *, synced: bool = True) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back on any exception.

        `synced=False`: the commit does not wait for the disk. For what a server that crashed may forget.
        Raises Unavailable when the server cannot be reached.
        """
        with self._turn(), _translated(), self.engine.begin() as connection:
            if not (synced or self.is_sqlite):
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """With SQLite one thread of a process writes at a time; the file holds off other processes."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=_PATIENCE_S):
            raise Unavailable("Too many are asking the database just now.", retry_after_s=2)
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading; SQLite readers do not take the writer's lock."""
        with _translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(lectern_read_only=True)
            yield connection

    def after_fork(self) -> None:
        """Forget the parent's sockets without closing them (call in each forked child)."""
        if self._pid != os.getpid():
            self.engine.dispose(close=False)
            self.direct = None if self.is_sqlite else Direct(self.engine)
            self._pid = os.getpid()
            self._writer = threading.Lock()

    def close(self) -> None:
        if self.direct is not None:
            self.direct.close()
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Unavailable("Too many are asking the database just now.", retry_after_s=2) from error
    except DBAPIError as error:
        if error.connection_invalidated or _passing(error):
            raise Unavailable("The database cannot be reached just now.") from error
        raise


def _passing(error: DBAPIError) -> bool:
    """Would the same statement work later? Told by SQLSTATE class, or by SQLite's word for its lock."""
    code = getattr(error.orig, "pgcode", None)
    if code is not None:
        return passing_code(code)
    if isinstance(error.orig, sqlite3.Error):
        return "locked" in str(error.orig)
    return isinstance(error, (OperationalError, InterfaceError))  # no code: there was no server to give one


def _postgres(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,  # above it the caller is better off with a 503 than in a queue
        pool_recycle=1800,
        # keep-alives find a black-holed server in ~15 s instead of the kernel's two hours
        connect_args={
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 15_000,
            "application_name": "lectern",
        },
    )

    @event.listens_for(engine, "checkout")
    def _look(connection: Any, _record: Any, _proxy: Any) -> None:
        if hung_up(connection):  # the pool opens another; a ping would cost a round trip each time
            raise DisconnectionError

    return engine


def _sqlite(url: URL) -> Engine:
    path = url.database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _PATIENCE_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        connection.create_function("lectern_now_us", 0, lambda: time.time_ns() // 1000)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=30000")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the one writer's lock up front: no deadlock between two that read first
        read_only = connection.get_execution_options().get("lectern_read_only")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
