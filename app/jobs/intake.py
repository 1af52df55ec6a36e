"""Submissions of one moment share a transaction. For one event loop.

While one transaction is under way the next one's jobs gather, so nobody waits for company: a lone submission
is committed at once, a thousand together cost few commits. Each is answered after its own commit; publishing
and caching come after the answer, and if they do not come at all the steward and the readers make up for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from app.errors import LecternError, Unavailable
from app.jobs import status
from app.jobs.commands import Checked, Persisted
from app.jobs.entry import Entry
from app.jobs.model import Json
from app.jobs.platform import Platform
from app.jobs.submit import NOT_KEPT, commit, send_off
from app.telemetry import problem

_MOST = 128  # jobs in one; more would make the first wait for the last
_WAITING = 2_000  # beyond it the client is better off with a 503 than in the queue
_UNSENT = 8  # batches waiting to be published: then the queues are full anyway, and the steward goes on


@dataclass(frozen=True)
class Taken:
    job_id: str
    body: bytes | None  # its status; None: an earlier request with this Idempotency-Key made it


# What columns of a new row hold that nothing was said of.
_NO_NEWS: Json = {"started_at": None, "ended_at": None, "error": None}
_NO_STAGE_NEWS = _NO_NEWS | {"failures": 0, "losses": 0, "worker": None, "lease_id": None}

Then = Callable[[Taken | Exception], None]  # must not raise
Waiting = tuple[Checked, Then]


class Intake:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._waiting: deque[Waiting] = deque()
        # One transaction at a time: with two each carried half as much, and cost half as much again.
        self._flight: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="submit")
        self._after = ThreadPoolExecutor(1, thread_name_prefix="publish")
        self._unsent = threading.BoundedSemaphore(_UNSENT)

    def ask(self, checked: Checked, then: Then) -> None:
        """`then` is told when the job is durable, or what `submit.submit` raises. Raises Unavailable."""
        if len(self._waiting) >= _WAITING:
            raise Unavailable("Too many are asking just now.", retry_after_s=2)
        self._waiting.append((checked, then))
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())

    async def submit(self, checked: Checked) -> Taken:
        """Durable when it returns. Raises what `submit.submit` raises."""
        taken: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()

        def then(told: Taken | Exception) -> None:
            if taken.done():
                return  # its client has gone; its job stays
            if isinstance(told, Exception):
                taken.set_exception(told)
            else:
                taken.set_result(told)

        self.ask(checked, then)
        return await taken

    def close(self) -> None:
        """What is under way is committed and published, what waits is not."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._after.shutdown(wait=True)

    async def _fly(self) -> None:
        try:
            while batch := self._next():
                for (_, then), outcome in zip(batch, await self._outcomes(batch), strict=True):
                    then(outcome)
        finally:
            self._flight = None  # at once: who comes in the same turn of the loop would wait for ever

    async def _outcomes(self, batch: Sequence[Waiting]) -> Sequence[Taken | Exception]:
        checked = [command for command, _ in batch]
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._persist, checked)
        except Exception as error:  # noqa: BLE001  # whatever it is, each of them is told
            return [error] * len(batch)

    def _next(self) -> list[Waiting]:
        """The longest waiting; of two with one Idempotency-Key the second has to find the first committed."""
        batch: list[Waiting] = []
        later: list[Waiting] = []
        keys: set[tuple[str, str]] = set()
        while self._waiting and len(batch) < _MOST:
            waiting = self._waiting.popleft()
            command = waiting[0][0]
            if command.idempotency_key is not None:
                if (command.owner_id, command.idempotency_key) in keys:
                    later.append(waiting)
                    continue
                keys.add((command.owner_id, command.idempotency_key))
            batch.append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    def _persist(self, checked: Sequence[Checked]) -> list[Taken | LecternError]:
        """All in one transaction; when one of them cannot be kept, each in its own."""
        try:
            persisted = commit(self._platform, checked)
        except NOT_KEPT as error:
            if len(checked) > 1 and not isinstance(error, Unavailable):
                return [outcome for one in checked for outcome in self._persist([one])]
            if isinstance(error, LecternError):
                return [error] * len(checked)
            raise
        entries = {job["id"]: _first(self._platform, job, stages) for job, stages in persisted.made}
        self._follow_up(persisted, list(entries.items()))
        return [
            Taken(done.job_id, entries[done.job_id].body if done.created else None)
            for done in persisted.submitted
        ]

    def _follow_up(self, persisted: Persisted, entries: Sequence[tuple[str, Entry]]) -> None:
        if persisted.made and self._unsent.acquire(blocking=False):
            self._after.submit(self._send, persisted, entries)

    def _send(self, persisted: Persisted, entries: Sequence[tuple[str, Entry]]) -> None:
        try:
            with suppress(Unavailable):
                _remember(self._platform, entries)
            send_off(self._platform, persisted)
        except Exception:  # noqa: BLE001  # nobody waits for it: it is told of here or nowhere
            problem("jobs.follow_up_failed")
        finally:
            self._unsent.release()


def _first(platform: Platform, job: Json, stages: Sequence[Json]) -> Entry:
    """The first status of a job, from its rows as they were written."""
    row = cast(Any, SimpleNamespace(**_NO_NEWS, **job))
    return status.entry_of(
        platform, row, [cast(Any, SimpleNamespace(**_NO_STAGE_NEWS, **stage)) for stage in stages]
    )


def _remember(platform: Platform, entries: Sequence[tuple[str, Entry]]) -> None:
    packed = [(status.key(job_id), 1, entry.pack()) for job_id, entry in entries]
    platform.cache.put_all_newer(packed, platform.settings.status_ttl_s)
