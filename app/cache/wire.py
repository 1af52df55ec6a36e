"""Commands to Redis over a bare connection: a third of the processor time that a client takes for each.

For what every job needs. No retries, and one thread at a time to a connection; as many are kept open as were
ever in use at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Command = Sequence[str | bytes | int]


class Wire:
    """Of one process: make it after the fork. Raises redis.RedisError."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """`timeout_s` bounds connecting, sending and each answer."""
        self._pool = redis.ConnectionPool.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._idle: deque[Any] = deque()

    def ask(self, *command: str | bytes | int) -> Any:
        return self.ask_all([command])[0]

    def ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """Their answers, in one round trip."""
        connection = self._take()
        try:
            connection.send_packed_command(connection.pack_commands(commands), check_health=False)
            answers = [connection.read_response() for _ in commands]
        except BaseException:
            connection.disconnect()  # with it goes whatever else would have been answered
            raise
        self._idle.append(connection)
        return answers

    def _take(self) -> Any:
        while self._idle:
            try:
                connection = self._idle.pop()
                if not connection.can_read():  # a server that was asked nothing has only goodbye to say
                    return connection
                connection.disconnect()
            except (IndexError, redis.RedisError):
                continue
        return self._pool.make_connection()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().disconnect()
