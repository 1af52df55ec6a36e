"""The embedded cache: a dictionary with expiry, shared by the threads of one process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

from app.cache.versions import packed

_CAPACITY = 20_000


T = TypeVar("T")


def _tell(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[T], message: T) -> None:
    try:
        loop.call_soon_threadsafe(queue.put_nowait, message)
    except RuntimeError:  # the listener's loop has just closed: it has nobody to tell any more
        return


class MemoryCache:
    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._ears: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[bytes]]]] = {}
        self._broad: list[tuple[str, asyncio.AbstractEventLoop, asyncio.Queue[tuple[str, bytes]]]] = []

    def _live(self, key: str) -> Any:
        entry = self._entries.get(key)
        if entry is None or entry[0] < time.monotonic():
            self._entries.pop(key, None)
            return None
        return entry[1]

    def _keep(self, key: str, value: Any, ttl_s: float) -> None:
        self._entries[key] = (time.monotonic() + ttl_s, value)
        self._entries.move_to_end(key)
        while len(self._entries) > _CAPACITY:
            self._entries.popitem(last=False)

    def get(self, key: str) -> bytes | None:
        with self._lock:
            value = self._live(key)
            return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        with self._lock:
            self._keep(key, value, ttl_s)

    def put_versions(self, version: int, entries: Mapping[str, bytes], ttl_s: float) -> None:
        with self._lock:
            for key, value in entries.items():
                self._keep(key, (version, value), ttl_s)

    def get_versions(self, keys: Sequence[str]) -> list[tuple[int, bytes] | None]:
        return [self.get_versioned(key) for key in keys]

    def put_newer(self, key: str, version: int, value: bytes, ttl_s: float) -> bool:
        with self._lock:
            held = self._live(key)
            if held is not None and held[0] > version:
                return False
            self._keep(key, (version, value), ttl_s)
            return True

    def outdate(self, news: Sequence[tuple[str, int, str]], ttl_s: float) -> None:
        for key, version, channel in news:
            self.put_newer(key, version, b"", ttl_s)
            self.notify(channel, str(version).encode())

    def put_all_newer(self, entries: Sequence[tuple[str, int, bytes]], ttl_s: float) -> None:
        for key, version, value in entries:
            self.put_newer(key, version, value, ttl_s)

    def get_versioned(self, key: str) -> tuple[int, bytes] | None:
        with self._lock:
            held = self._live(key)
            return (held[0], held[1]) if held is not None else None

    async def read_packed(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None if held is None else packed(*held) for held in self.get_versions(keys)]

    async def read_hashes(self, keys: Sequence[str]) -> list[Mapping[bytes, bytes]]:
        return [{field.encode(): value for field, value in self.hash_all(key).items()} for key in keys]

    async def close_reads(self) -> None:
        return None

    def delete(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)

    def hash_put(self, key: str, field: str, value: bytes, ttl_s: float) -> None:
        with self._lock:
            held = dict(self._live(key) or {})
            held[field] = value
            self._keep(key, held, ttl_s)

    def hash_all(self, key: str) -> Mapping[str, bytes]:
        with self._lock:
            return dict(self._live(key) or {})

    def count(self, key: str, other: str, by: int, ttl_s: float) -> tuple[int, int]:
        with self._lock:
            total = (self._live(key) or 0) + by
            self._keep(key, total, ttl_s)
            return total, self._live(other) or 0

    def notify(self, channel: str, message: bytes) -> None:
        with self._lock:
            ears = list(self._ears.get(channel, ()))
            broad = [(loop, queue) for prefix, loop, queue in self._broad if channel.startswith(prefix)]
        for loop, queue in ears:
            _tell(loop, queue, message)
        for loop, wide in broad:
            _tell(loop, wide, (channel, message))

    async def listen(self, channel: str) -> AsyncIterator[bytes]:
        ear = (asyncio.get_running_loop(), asyncio.Queue[bytes]())
        with self._lock:
            self._ears.setdefault(channel, []).append(ear)
        try:
            while True:
                yield await ear[1].get()
        finally:
            with self._lock:
                self._ears[channel].remove(ear)
                if not self._ears[channel]:
                    del self._ears[channel]

    async def listen_all(self, prefix: str) -> AsyncIterator[tuple[str, bytes]]:
        ear = (prefix, asyncio.get_running_loop(), asyncio.Queue[tuple[str, bytes]]())
        with self._lock:
            self._broad.append(ear)
        try:
            yield "", b""
            while True:
                yield await ear[2].get()
        finally:
            with self._lock:
                self._broad.remove(ear)

    def ping(self) -> None:
        return None
