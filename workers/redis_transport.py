"""kombu's Redis transport with one client for each channel instead of a new one for each command.

kombu 5.7 builds a redis-py client, some 0.2 ms, whenever it sends something. A client holds no connection of
its own, the channel's pool does, so one can serve them all.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    _shared: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._shared is None or self._shared.connection_pool is not self.pool:
            self._shared = super()._create_client()  # type: ignore[no-untyped-call]
        return self._shared

    def _restore(self, message: Any, leftmost: bool = False) -> None:
        """Give back, when the channel closes, what was taken and not acknowledged.

        Without a connection that is left to the steward; kombu would write the message to a file.
        """
        with suppress(*self.connection_errors):
            super()._restore(message, leftmost)  # type: ignore[no-untyped-call]


class Transport(redis.Transport):
    Channel = Channel
