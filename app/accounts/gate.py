"""Rate limits held over all processes, almost always without asking anybody.

A process takes leases (`rates.lease`) from counters in the cache and spends them by itself; who was refused
is refused without asking until something is free. So a limit is never exceeded, a request costs a dictionary,
and a flood costs the cache nothing. Without the cache each process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.accounts import rates
from app.accounts.rates import WINDOW_S, Counts, Standing
from app.cache import Cache
from app.cache.memory import MemoryCache
from app.errors import Unavailable

_CLIENTS = 50_000  # remembered at once: bounds memory when somebody comes from very many addresses


@dataclass
class _Client:
    window: int
    ends: float  # when it does
    limit: int
    held: int = 0  # of our leases, not spent yet
    free: int = 0  # beyond that, when we last asked
    refused_until: float = 0.0


class Gate:
    def __init__(self, cache: Cache, clock: Callable[[], float] = time.time) -> None:
        """`clock` in seconds, the same for all processes to within a few."""
        self._cache = cache
        self._alone: Cache = MemoryCache()
        self._clock = clock
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, name: str, limit: int) -> Standing | None:
        """Count one request of this client; None: `ask` first."""
        now = self._clock()
        with self._lock:
            client = self._clients.get(name)
            if client is None or client.limit != limit or not 0.0 < client.ends - now <= WINDOW_S:
                return None
            if client.held > 0:
                client.held -= 1
                return Standing(True, limit, client.held + client.free, math.ceil(client.ends - now))
            if now < client.refused_until:
                return Standing(False, limit, 0, max(1, math.ceil(client.refused_until - now)))
            return None

    def ask(self, name: str, limit: int) -> None:
        """Take a lease from the shared count, or learn until when there is none. May block on the cache."""
        try:
            self._ask(self._cache, name, limit)
        except Unavailable:
            self._ask(self._alone, name, limit)

    def pass_through(self, name: str, limit: int) -> Standing:
        """`enter`, asking as often as it takes."""
        while (standing := self.enter(name, limit)) is None:
            self.ask(name, limit)
        return standing

    def _ask(self, cache: Cache, name: str, limit: int) -> None:
        now = self._clock()
        window = int(now // WINDOW_S)
        keys = (f"rate:{name}:{window}", f"rate:{name}:{window - 1}")
        wanted = rates.lease(limit)
        total, before = cache.count(*keys, wanted, 2 * WINDOW_S)
        counts = Counts(before, total - wanted, now % WINDOW_S)
        granted = rates.grant(limit, wanted, counts)
        if granted < wanted:
            with suppress(Unavailable):  # else it fades with its window
                cache.count(*keys, granted - wanted, 2 * WINDOW_S)
        with self._lock:
            client = self._clients.get(name)
            if client is None or client.window != window or client.limit != limit:
                client = self._clients[name] = _Client(window, (window + 1) * WINDOW_S, limit)
                self._clients.move_to_end(name)
                while len(self._clients) > _CLIENTS:
                    self._clients.popitem(last=False)
            client.held += granted
            client.free = max(0, int(limit - counts.recent()) - granted)
            if not granted:
                client.refused_until = now + max(0.05, rates.retry_after_s(limit, counts))
