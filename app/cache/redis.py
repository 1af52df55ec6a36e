"""The Redis cache: short time-outs, no client retries, and a breaker, so that a dead Redis costs little."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.errors import Unavailable

T = TypeVar("T")
_SILENCE_S = 5.0  # after it a listener asks whether the server is still there

# An entry is a hash {v: version, d: data}; the older of two concurrent writers must lose.
_PUT_NEWER = """
local held = redis.call('HGET', KEYS[1], 'v')
if held and tonumber(held) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'd', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


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
        self._rest_s = rest_s
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

    def put_newer(self, key: str, version: int, value: bytes, ttl_s: float) -> bool:
        args: list[Any] = [version, value, max(1, int(ttl_s * 1000))]
        return bool(self._call(lambda: self._put_newer(keys=[key], args=args)))

    def get_versioned(self, key: str) -> tuple[int, bytes] | None:
        held: Any = self._call(lambda: self._redis.hmget(key, "v", "d"))
        return None if held[0] is None else (int(held[0]), held[1])

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
