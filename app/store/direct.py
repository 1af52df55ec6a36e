"""One statement, one round trip: a raw connection in autocommit for the few statements that every job needs.

SQLAlchemy's own way costs a BEGIN, a COMMIT and 0.2 ms of processor around a statement that is a transaction
by itself. PostgreSQL only (docs/decisions/0012).
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as PgConnection
from psycopg2.extras import NamedTupleCursor
from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError

from app.errors import Unavailable

# connection, deadlock or serialisation, resources (too many clients), operator (shutting down)
_PASSING = frozenset({"08", "40", "53", "57"})
_LOCK_NOT_AVAILABLE = "55P03"


def passing_code(code: str) -> bool:
    """Does this SQLSTATE name something that passes by itself?"""
    return code[:2] in _PASSING or code == _LOCK_NOT_AVAILABLE


def hung_up(connection: Any) -> bool:
    """Has the server closed this idle connection? Asks the socket, which costs no round trip."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))  # an idle server has nothing to say but goodbye


class Direct:
    """Connections of one process, opened as the engine opens its own, each used by one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: deque[PgConnection] = deque()

    def one(self, statement: str, values: Mapping[str, Any]) -> Any:
        """The row that this statement returns, committed, or None. Raises Unavailable."""
        with self._cursor() as cursor:
            cursor.execute(statement, values)  # type: ignore[no-untyped-call]
            return cursor.fetchone()

    def run(self, statements: str, values: Mapping[str, Any]) -> None:
        """Statements without an answer, BEGIN and COMMIT among them, in one round trip. Raises as `one`."""
        with self._cursor() as cursor:
            cursor.execute(statements, values)  # type: ignore[no-untyped-call]

    @contextmanager
    def _cursor(self) -> Iterator[NamedTupleCursor]:
        try:
            connection = self._take()
        except (psycopg2.OperationalError, psycopg2.InterfaceError, TimeoutError) as error:
            raise Unavailable("The database cannot be reached just now.") from error
        try:
            with connection.cursor(cursor_factory=NamedTupleCursor) as cursor:
                yield cursor
        except psycopg2.Error as error:
            lost = error.pgcode is None and isinstance(
                error, (psycopg2.OperationalError, psycopg2.InterfaceError)
            )
            if lost or not self._rolled_back(connection):
                connection.close()
            else:
                self._idle.append(connection)
            if lost or passing_code(error.pgcode or ""):
                raise Unavailable("The database cannot be reached just now.") from error
            raise
        self._idle.append(connection)

    @staticmethod
    def _rolled_back(connection: PgConnection) -> bool:
        """Whether the connection can be used again, after a failure that may have left a transaction open."""
        if connection.closed:
            return False
        if connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
            return True
        try:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
        except psycopg2.Error:
            return False
        return True

    def _take(self) -> PgConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if not hung_up(connection):
                return connection
            connection.close()
        proxy = self._engine.raw_connection()
        proxy.detach()
        opened = cast(PgConnection, proxy.dbapi_connection)
        opened.autocommit = True
        return opened

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
