"""Reads of one event loop: many keys by one question, over one connection.

An MGET of many keys costs a fifth less processor time than even a bare pipeline over sockets, and a twentieth
of `redis.asyncio`'s single GETs. Whoever asks gathers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.errors import Unavailable

_HASHES = """
local found = {}
for place, key in ipairs(KEYS) do found[place] = redis.call('HGETALL', key) end
return found
"""


class BatchedReads:
    """For one event loop, one question at a time. Raises Unavailable when no answer comes in time."""

    def __init__(self, url: str, *, timeout_s: float, rest_s: float) -> None:
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            single_connection_client=True,
        )
        self._rest_s = rest_s
        self._resting_until = 0.0

    async def values(self, keys: Sequence[str]) -> list[bytes | None]:
        found: list[bytes | None] = await self._ask("MGET", *keys)
        return found

    async def hashes(self, keys: Sequence[str]) -> list[Mapping[bytes, bytes]]:
        flat = await self._ask("EVAL", _HASHES, len(keys), *keys)
        return [dict(zip(pairs[::2], pairs[1::2], strict=True)) for pairs in flat]

    async def _ask(self, *command: str | int) -> Any:
        if self._resting_until and time.monotonic() < self._resting_until:
            raise Unavailable("The cache does not answer just now.")
        try:
            found = await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except (redis.RedisError, OSError) as error:
            self._resting_until = time.monotonic() + self._rest_s
            raise Unavailable("The cache does not answer just now.") from error
        self._resting_until = 0.0
        return found

    async def close(self) -> None:
        await self._client.aclose()
