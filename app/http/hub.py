"""One ear per process for what happens to jobs and groups, shared by every stream and long poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import cast

from app.cache import Cache
from app.errors import Unavailable
from app.jobs.status import channel

_PREFIX = channel("")
_REST_S = 1.0  # between attempts to reach a cache that is away


class Ear(asyncio.Event):
    """Set when something may have changed; `at`: when that was last (monotonic), or else its making."""

    def __init__(self) -> None:
        super().__init__()
        self.at = time.monotonic()

    def set(self) -> None:
        self.at = time.monotonic()
        super().set()


class Hub:
    """`run` listens; `follow` hands out an ear.

    It is told nothing: whoever is woken reads the job or group anew. So a burst costs one reading, and a
    slow reader holds no backlog.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._ears: dict[str, set[Ear]] = {}
        self.connected = False

    @property
    def poll_s(self) -> float:
        """How long to wait for a wake-up before looking anyway: short while the cache is away."""
        return 15.0 if self.connected else 1.0

    @contextmanager
    def follow(self, topic: str) -> Iterator[Ear]:
        ear = Ear()
        self._ears.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            ears = self._ears[topic]
            ears.discard(ear)
            if not ears:
                del self._ears[topic]

    async def run(self) -> None:
        """Listen until cancelled, also across outages of the cache."""
        while True:
            with suppress(Unavailable):
                await self._listen()
            self._lost()
            await asyncio.sleep(_REST_S)

    async def _listen(self) -> None:
        said = cast(AsyncGenerator[tuple[str, bytes], None], self._cache.listen_all(_PREFIX))
        async with aclosing(said):
            async for name, _ in said:
                if name:
                    for ear in self._ears.get(name.removeprefix(_PREFIX), ()):
                        ear.set()
                else:
                    self.connected = True
                    self.wake_all()  # what happened while nobody listened is in the database

    def _lost(self) -> None:
        if self.connected:
            self.connected = False
            self.wake_all()  # so that nobody sleeps through the long interval of better times

    def wake_all(self) -> None:
        for ears in self._ears.values():
            for ear in ears:
                ear.set()


async def heard(ear: asyncio.Event, timeout_s: float) -> bool:
    """Wait for a wake-up; clears it. False: nothing was heard in time."""
    try:
        await asyncio.wait_for(ear.wait(), max(0.0, timeout_s))
    except TimeoutError:
        return False
    ear.clear()
    return True
