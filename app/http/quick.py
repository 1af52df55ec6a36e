"""The shortest way to a status: key, share of the rate limit and cached answer, all without a thread.

Whatever is not plain (a query, a key not seen lately, a job that is not cached, somebody else's) goes the
long way.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict

from app.errors import Unavailable
from app.http import credentials, hardening
from app.http.asgi import FIELDS, Scope, Send, encoded
from app.http.doors import Doors
from app.http.following import matches
from app.jobs import placing, status
from app.jobs.entry import Entry
from app.jobs.freshness import Freshness
from app.jobs.platform import Platform

_STATUS = re.compile(r"/api/jobs/(job_[0-9a-f]{32})")
_FIXED = encoded([("cache-control", "private, no-cache"), *hardening.HEADERS])
_JSON = encoded([("content-type", "application/json"), ("content-security-policy", hardening.NO_PAGE)])
_RUNNING = 2_000  # jobs whose last merged answer is kept, as long as neither job nor progress moved
_PLACE_S, _WAITING = 1.0, 10_000  # a waiting job's place in line is kept for so long, of so many jobs

Found = tuple[str, bytes]  # ETag, JSON


class QuickStatus:
    def __init__(self, platform: Platform, doors: Doors, freshness: Freshness) -> None:
        self._platform = platform
        self._doors = doors
        self._freshness = freshness
        self._places: OrderedDict[str, tuple[float, tuple[int, bytes] | None]] = OrderedDict()
        self._merged: OrderedDict[str, tuple[Entry, dict[str, bytes], Found]] = OrderedDict()

    async def answer(self, scope: Scope, send: Send) -> bool:
        """Answer a GET of a job; False: nothing was sent, the long way has to."""
        asked = _STATUS.fullmatch(scope["path"])
        if asked is None or scope["method"] != "GET" or scope["query_string"]:
            return False
        sent = cookie = known = None
        for name, value in scope["headers"]:
            if name == b"authorization" and sent is None:
                sent = value.decode("latin-1")
            elif name == b"cookie" and cookie is None:
                cookie = value.decode("latin-1")
            elif name == b"if-none-match" and known is None:
                known = value.decode("latin-1")
        caller = self._doors.glance(scope, credentials.sent(sent, cookie))
        if caller is None or "read" not in caller.scopes:
            return False
        found = await self.find(caller.owner_id, asked[1])
        if found is None:
            return False
        tag, body = found
        headers = [(b"etag", tag.encode()), *_FIXED, *scope.get(FIELDS, ())]
        if known is not None and matches(known, tag):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            body = b""
        else:
            headers += (*_JSON, (b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True

    async def find(self, owner_id: str, job_id: str) -> Found | None:
        """From a cached entry of the owner's that may be trusted."""
        try:
            return await self._find(owner_id, job_id)
        except Unavailable:
            return None

    async def _find(self, owner_id: str, job_id: str) -> Found | None:
        held = await self._platform.cache.read_versioned(status.key(job_id))
        if held is None or not held[1]:
            return None
        entry = Entry.unpack(held[1])
        if entry.owner_id != owner_id:
            return None
        fresh = entry.trusted(time.time(), self._platform.settings.status_revalidate_s)
        if not fresh and not await self._freshness.confirms(job_id, (held[0], entry.ready)):
            return None
        if entry.ended:
            return entry.etag, entry.body
        if not entry.leases:
            return placing.placed(entry.etag, entry.body, await self._place(job_id))
        reports = dict(await self._platform.cache.read_hash(status.progress_key(job_id)))
        last = self._merged.get(job_id)
        if last is not None and last[0] == entry and last[1] == reports:
            return last[2]
        found = status.merged(entry, reports)
        self._merged[job_id] = (entry, reports, found)
        while len(self._merged) > _RUNNING:
            self._merged.popitem(last=False)
        return found

    async def _place(self, job_id: str) -> tuple[int, bytes] | None:
        """Asked for once in the time in which the steward looks again."""
        now = time.monotonic()
        last = self._places.get(job_id)
        if last is not None and last[0] > now:
            return last[1]
        place = await self._platform.cache.read_versioned(placing.key(job_id))
        self._places[job_id] = (now + _PLACE_S, place)
        self._places.move_to_end(job_id)
        while len(self._places) > _WAITING:
            self._places.popitem(last=False)
        return place
