"""The shortest way to a status: what the cache has, where that may be trusted. No thread, no task for each.

Who asks while one question to the cache is under way is in the next. Whatever is not plain (a job that is not
cached, somebody else's) goes the long way.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.cache.versions import unpacked
from app.errors import Unavailable
from app.http.following import Found
from app.jobs import placing, status
from app.jobs.entry import Entry
from app.jobs.freshness import Freshness
from app.jobs.platform import Platform

_KNOWN = 4_000  # jobs of which what was read is kept, some 3 kB each: who looks at a job mostly looks again
_PLACE_S, _WAITING = 1.0, 10_000  # a waiting job's place in line is kept for so long, of so many jobs
_MOST = 512  # in one batch: what a thousand clients ask for at once, without holding up others of Redis
Place = tuple[int, bytes] | None
Then = Callable[[Found | None], None]  # must not raise


class _Seen(NamedTuple):
    """What was made of a cached entry. It holds as long as the cache has the same bytes."""

    packed: bytes
    version: int
    entry: Entry
    answer: Found
    beside: Mapping[bytes, bytes] | Place = None  # what `answer` has in it of progress, or of a place in line


class QuickStatus:
    def __init__(self, platform: Platform, freshness: Freshness) -> None:
        self._platform = platform
        self._freshness = freshness
        self._patience_s = platform.settings.status_revalidate_s
        self._places: OrderedDict[str, tuple[float, Place]] = OrderedDict()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._asked: deque[tuple[str, str, Then]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._confirming: set[asyncio.Task[None]] = set()

    def ask(self, owner_id: str, job_id: str, then: Then) -> None:
        """`then` is told the owner's job from a cached entry that may be trusted, or None: ask elsewhere."""
        self._asked.append((owner_id, job_id, then))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def find(self, owner_id: str, job_id: str) -> Found | None:
        found: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()

        def then(told: Found | None) -> None:
            if not found.done():  # the request may have been given up
                found.set_result(told)

        self.ask(owner_id, job_id, then)
        return await found

    async def _work(self) -> None:
        batch: deque[tuple[str, str, Then]] = deque()
        try:
            while self._asked:
                batch = self._batch()
                seen = await self._look(list({job_id for _, job_id, _ in batch}))
                now = time.time()
                while batch:
                    owner_id, job_id, then = batch.popleft()
                    found = seen.get(job_id)
                    if found is None or found.entry.owner_id != owner_id:
                        then(None)
                    elif self._trusted(job_id, found, now):
                        then(found.answer)
                    else:
                        self._confirm(job_id, found, then)
        finally:
            self._worker = None
            # Some are left only after an unforeseen fault: nobody may wait for ever.
            for _, _, then in (*batch, *self._asked):
                then(None)
            self._asked.clear()

    def _batch(self) -> deque[tuple[str, str, Then]]:
        taken, self._asked = self._asked, deque()
        while len(taken) > _MOST:
            self._asked.appendleft(taken.pop())
        return taken

    def _trusted(self, job_id: str, seen: _Seen, now: float) -> bool:
        return seen.entry.trusted(now, self._patience_s) or self._freshness.confirmed(job_id, _mark(seen))

    def _confirm(self, job_id: str, seen: _Seen, then: Then) -> None:
        async def confirm() -> None:
            sure = False
            try:
                sure = await self._freshness.confirms(job_id, _mark(seen))
            finally:
                then(seen.answer if sure else None)

        task = asyncio.create_task(confirm())
        self._confirming.add(task)
        task.add_done_callback(self._confirming.discard)

    async def _look(self, job_ids: list[str]) -> dict[str, _Seen]:
        """What the cache has of them, progress and places included; nothing when it does not answer."""
        found: dict[str, _Seen] = {}
        try:
            held = await self._platform.cache.read_packed([status.key(job_id) for job_id in job_ids])
            for job_id, packed in zip(job_ids, held, strict=True):
                seen = self._seen.get(job_id)
                if seen is None or seen.packed != packed:
                    seen = self._unpack(job_id, packed)
                if seen is not None:
                    found[job_id] = seen
            live = [(job_id, seen) for job_id, seen in found.items() if not seen.entry.ended]
            await self._add_progress(found, [job_id for job_id, seen in live if seen.entry.leases])
            await self._add_places(found, [job_id for job_id, seen in live if not seen.entry.leases])
        except Unavailable:
            return {}
        return found

    def _unpack(self, job_id: str, packed: bytes | None) -> _Seen | None:
        """None: there is no entry, or only word that the last one is outdated."""
        version, data = unpacked(packed) if packed else (0, b"")
        if not packed or not data:
            return None
        entry = Entry.unpack(data)
        seen = self._seen[job_id] = _Seen(packed, version, entry, (entry.etag, entry.body))
        while len(self._seen) > _KNOWN:
            self._seen.popitem(last=False)
        return seen

    async def _add_progress(self, found: dict[str, _Seen], running: list[str]) -> None:
        if not running:
            return
        read = await self._platform.cache.read_hashes([status.progress_key(job_id) for job_id in running])
        for job_id, reports in zip(running, read, strict=True):
            seen = found[job_id]
            if seen.beside != reports:
                made = status.merged(seen.entry, {field.decode(): value for field, value in reports.items()})
                found[job_id] = self._keep(job_id, seen._replace(beside=reports, answer=made))

    async def _add_places(self, found: dict[str, _Seen], waiting: list[str]) -> None:
        """Asked for once in the time in which the steward looks again."""
        now = time.monotonic()
        stale = [job_id for job_id in waiting if self._places.get(job_id, (0.0, None))[0] <= now]
        if stale:
            read = await self._platform.cache.read_packed([placing.key(job_id) for job_id in stale])
            for job_id, packed in zip(stale, read, strict=True):
                self._places[job_id] = (now + _PLACE_S, unpacked(packed) if packed is not None else None)
                self._places.move_to_end(job_id)
        for job_id in waiting:
            seen, place = found[job_id], self._places[job_id][1]
            if seen.beside != place:
                made = placing.placed(seen.entry.etag, seen.entry.body, place)
                found[job_id] = self._keep(job_id, seen._replace(beside=place, answer=made))
        while len(self._places) > _WAITING:
            self._places.popitem(last=False)

    def _keep(self, job_id: str, seen: _Seen) -> _Seen:
        if job_id in self._seen:
            self._seen[job_id] = seen
        return seen


def _mark(seen: _Seen) -> tuple[int, int]:
    return seen.version, seen.entry.ready
