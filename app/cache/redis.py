"""The Redis cache: short time-outs, no client retries, and a breaker, so that a dead Redis costs little."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.cache.batched import BatchedReads
from app.cache.versions import unpacked
from app.cache.wire import Wire
from app.errors import Unavailable

T = TypeVar("T")
_SILENCE_S = 5.0  # after it a listener asks whether the server is still there

# An entry is a string "version:data", so that many are read by one MGET; of two writers the older must lose.
_PUT = """
local function put(key, version, data, ttl)
  local held = redis.call('GETRANGE', key, 0, 20)
  local mark = string.find(held, ':', 1, true)
  local newer = not mark or tonumber(string.sub(held, 1, mark - 1)) <= tonumber(version)
  if newer then redis.call('SET', key, version .. ':' .. data, 'PX', ttl) end
  return newer
end
"""
_PUT_NEWER = _PUT + "return put(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) and 1 or 0"
_PUT_ALL = _PUT + "for n, key in ipairs(KEYS) do put(key, ARGV[n * 2], ARGV[n * 2 + 1], ARGV[1]) end"
_OUTDATE = _PUT + "put(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) return redis.call('PUBLISH', ARGV[4], ARGV[1])"


def _versioned(held: bytes | None) -> tuple[int, bytes] | None:
    return None if held is None else unpacked(held)


class RedisCache:
    def __init__(self, url: str, *, timeout_s: float = 0.4, rest_s: float = 1.0) -> None:
        """`timeout_s` bounds each call; after a failure no call is tried for `rest_s`."""
        self._url = url
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            max_connections=64,
            protocol=2,
        )
        self._put_newer = self._redis.register_script(_PUT_NEWER)
        self._put_all = self._redis.register_script(_PUT_ALL)
        self._wire = Wire(url, timeout_s=timeout_s)
        self._timeout_s = timeout_s
        self._rest_s = rest_s
        self._batched: tuple[asyncio.AbstractEventLoop, BatchedReads] | None = None
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def _call(self, operation: Callable[[], T]) -> T:
        if time.monotonic() < self._resting_until:
            raise Unavailable("The cache does not answer just now.")
        try:
            return operation()
        except redis.RedisError as error:
            with self._lock:
                self._resting_until = time.monotonic() + self._rest_s
            raise Unavailable("The cache does not answer just now.") from error

    def get(self, key: str) -> bytes | None:
        value: Any = self._call(lambda: self._redis.get(key))
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self._call(lambda: self._redis.set(key, value, px=max(1, int(ttl_s * 1000))))

    def put_versions(self, version: int, entries: Mapping[str, bytes], ttl_s: float) -> None:
        mark, px = f"{version}:".encode(), max(1, int(ttl_s * 1000))

        def write() -> None:
            with self._redis.pipeline(transaction=False) as pipe:
                for key, value in entries.items():
                    pipe.set(key, mark + value, px=px)
                pipe.execute()

        self._call(write)

    def get_versions(self, keys: Sequence[str]) -> list[tuple[int, bytes] | None]:
        held: Any = self._call(lambda: self._redis.mget(keys)) if keys else []
        return [_versioned(value) for value in held]

    def put_newer(self, key: str, version: int, value: bytes, ttl_s: float) -> bool:
        args: list[Any] = [version, value, max(1, int(ttl_s * 1000))]
        return bool(self._call(lambda: self._put_newer(keys=[key], args=args)))

    def outdate(self, news: Sequence[tuple[str, int, str]], ttl_s: float) -> None:
        px = max(1, int(ttl_s * 1000))
        asked = [("EVAL", _OUTDATE, 1, key, version, b"", px, channel) for key, version, channel in news]
        if asked:
            self._call(lambda: self._wire.ask_all(asked))

    def put_all_newer(self, entries: Sequence[tuple[str, int, bytes]], ttl_s: float) -> None:
        args: list[Any] = [max(1, int(ttl_s * 1000))]
        for _, version, value in entries:
            args += (version, value)
        self._call(lambda: self._put_all(keys=[key for key, _, _ in entries], args=args))

    def get_versioned(self, key: str) -> tuple[int, bytes] | None:
        held: Any = self._call(lambda: self._redis.get(key))
        return _versioned(held)

    async def read_packed(self, keys: Sequence[str]) -> list[bytes | None]:
        return await self._reads().values(keys)

    async def read_hashes(self, keys: Sequence[str]) -> list[Mapping[bytes, bytes]]:
        return await self._reads().hashes(keys)

    async def close_reads(self) -> None:
        if self._batched is not None:
            await self._batched[1].close()
            self._batched = None

    def _reads(self) -> BatchedReads:
        loop = asyncio.get_running_loop()
        if self._batched is None or self._batched[0] is not loop:  # a connection belongs to one loop
            made = BatchedReads(self._url, timeout_s=self._timeout_s, rest_s=self._rest_s)
            self._batched = (loop, made)
        return self._batched[1]

    def delete(self, *keys: str) -> None:
        self._call(lambda: self._redis.delete(*keys))

    def hash_put(self, key: str, field: str, value: bytes, ttl_s: float) -> None:
        def write() -> None:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(key, field, value)
                pipe.pexpire(key, max(1, int(ttl_s * 1000)))
                pipe.execute()

        self._call(write)

    def hash_all(self, key: str) -> Mapping[str, bytes]:
        held: Any = self._call(lambda: self._redis.hgetall(key))
        return {field.decode(): value for field, value in held.items()}

    def count(self, key: str, other: str, by: int, ttl_s: float) -> tuple[int, int]:
        def ask() -> list[Any]:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.incrby(key, by)
                pipe.get(other)
                pipe.pexpire(key, max(1, int(ttl_s * 1000)))
                return list(pipe.execute())

        total, before, _ = self._call(ask)
        return int(total), int(before or 0)

    def notify(self, channel: str, message: bytes) -> None:
        self._call(lambda: self._redis.publish(channel, message))

    async def listen(self, channel: str) -> AsyncIterator[bytes]:
        client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=1.0)
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(channel)
            async for message in pubsub.listen():
                yield message["data"]
        except redis.RedisError as error:
            raise Unavailable("The cache does not answer just now.") from error
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()

    async def listen_all(self, prefix: str) -> AsyncIterator[tuple[str, bytes]]:
        client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=1.0)
        pubsub = client.pubsub()
        try:
            await pubsub.psubscribe(prefix + "*")
            silent = False
            while True:
                message = await pubsub.get_message(timeout=_SILENCE_S)
                if message is None:
                    if silent:  # not even our ping was answered: the connection leads nowhere
                        raise Unavailable("The cache does not answer just now.")
                    silent = True
                    await pubsub.ping()
                    continue
                silent = False
                if message["type"] == "psubscribe":
                    yield "", b""
                elif message["type"] == "pmessage":
                    yield message["channel"].decode(), message["data"]
        except (redis.RedisError, OSError) as error:
            raise Unavailable("The cache does not answer just now.") from error
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()

    def ping(self) -> None:
        self._call(self._redis.ping)

    def close(self) -> None:
        self._redis.close()
        self._wire.close()
