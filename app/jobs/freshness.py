"""Live jobs' cached entries compared with the primary, many by one query. For one event loop.

An entry that the primary confirms needs neither its rows read nor its JSON made again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from concurrent.futures import Executor

from app.errors import Unavailable
from app.jobs.platform import Platform
from app.store import reading

Mark = tuple[int, int]  # version of the job; how many stages are ready, which alone moves without a version
_MOST = 200  # jobs in one query
_REMEMBERED = 20_000


class Freshness:
    def __init__(self, platform: Platform, readers: Executor) -> None:
        self._platform = platform
        self._readers = readers
        self._known: OrderedDict[str, tuple[float, Mark | None]] = OrderedDict()
        self._waiting: dict[str, list[asyncio.Future[Mark | None]]] = {}
        self._worker: asyncio.Task[None] | None = None

    def confirmed(self, job_id: str, mark: Mark) -> bool:
        """Whether the primary said the same a moment ago (`status_revalidate_s`)."""
        known = self._known.get(job_id)
        lately = time.monotonic() - self._platform.settings.status_revalidate_s
        return known is not None and known[1] == mark and known[0] > lately

    async def confirms(self, job_id: str, mark: Mark) -> bool:
        """Whether the primary says the same now."""
        mine: asyncio.Future[Mark | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job_id, []).append(mine)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await mine == mark

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        asked: dict[str, list[asyncio.Future[Mark | None]]] = {}
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(self._waiting)[:_MOST]}
                now = time.monotonic()
                try:
                    found = await loop.run_in_executor(self._readers, self._ask, list(asked))
                except Unavailable:
                    found = {}  # confirmed by nobody: who reads the whole job is told why not
                self._remember(now, found)
                for job_id, futures in asked.items():
                    _answer(futures, found.get(job_id))
        finally:
            self._worker = None
            for futures in (*asked.values(), *self._waiting.values()):
                _answer(futures, None)
            self._waiting.clear()

    def _ask(self, job_ids: list[str]) -> dict[str, Mark]:
        with self._platform.db.read() as conn:
            return {row.id: (row.version, row.ready) for row in reading.marks(conn, job_ids)}

    def _remember(self, now: float, found: dict[str, Mark]) -> None:
        for job_id, mark in found.items():
            self._known[job_id] = (now, mark)
            self._known.move_to_end(job_id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _answer(futures: list[asyncio.Future[Mark | None]], mark: Mark | None) -> None:
    for future in futures:
        if not future.done():
            future.set_result(mark)
