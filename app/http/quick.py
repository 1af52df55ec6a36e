"""The shortest way to a status: key, share of the rate limit and cached answer, all without a thread.

Whatever is not plain (a query, a key not seen lately, a job that is not cached, somebody else's) goes the
long way.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from app.cache.versions import unpacked
from app.errors import Unavailable
from app.http import credentials, hardening
from app.http.asgi import FIELDS, Scope, Send, encoded
from app.http.doors import Doors
from app.http.following import Found, matches
from app.jobs import placing, status
from app.jobs.entry import Entry
from app.jobs.freshness import Freshness
from app.jobs.platform import Platform

_STATUS = re.compile(r"/api/jobs/(job_[0-9a-f]{32})")
_FIXED = encoded([("cache-control", "private, no-cache"), *hardening.HEADERS])
_JSON = encoded([("content-type", "application/json"), ("content-security-policy", hardening.NO_PAGE)])
_KNOWN = 4_000  # jobs of which what was read is kept, some 3 kB each: who looks at a job mostly looks again
_PLACE_S, _WAITING = 1.0, 10_000  # a waiting job's place in line is kept for so long, of so many jobs


class _Seen(NamedTuple):
    """What was made of a cached entry. It holds as long as the cache has the same bytes."""

    packed: bytes
    version: int
    entry: Entry
    answer: Found
    reports: Mapping[bytes, bytes] | None = None  # of progress: those that `answer` has in it


class QuickStatus:
    def __init__(self, platform: Platform, doors: Doors, freshness: Freshness) -> None:
        self._platform = platform
        self._doors = doors
        self._freshness = freshness
        self._patience_s = platform.settings.status_revalidate_s
        self._places: OrderedDict[str, tuple[float, tuple[int, bytes] | None]] = OrderedDict()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

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
        headers = [(b"etag", tag.encode()), *scope.get(FIELDS, ()), *_FIXED]
        status_code = 200
        if known is not None and matches(known, tag):
            status_code, body = 304, b""
        else:
            headers += (*_JSON, (b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True

    async def find(self, owner_id: str, job_id: str) -> Found | None:
        """From a cached entry of the owner's that may be trusted."""
        try:
            packed = await self._platform.cache.read_packed(status.key(job_id))
            seen = self._seen.get(job_id)
            if seen is None or seen.packed != packed:
                seen = self._unpack(job_id, packed)
            if seen is None or seen.entry.owner_id != owner_id:
                return None
            entry = seen.entry
            if entry.ended:
                return seen.answer
            trusted = entry.trusted(time.time(), self._patience_s)
            if not trusted and not await self._freshness.confirms(job_id, (seen.version, entry.ready)):
                return None
            if not entry.leases:
                return placing.placed(entry.etag, entry.body, await self._place(job_id))
            reports = await self._platform.cache.read_hash(status.progress_key(job_id))
        except Unavailable:
            return None
        if seen.reports != reports:
            made = status.merged(entry, {field.decode(): value for field, value in reports.items()})
            self._seen[job_id] = seen = seen._replace(reports=reports, answer=made)
        return seen.answer

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

    async def _place(self, job_id: str) -> tuple[int, bytes] | None:
        """Asked for once in the time in which the steward looks again."""
        now = time.monotonic()
        last = self._places.get(job_id)
        if last is not None and last[0] > now:
            return last[1]
        packed = await self._platform.cache.read_packed(placing.key(job_id))
        place = unpacked(packed) if packed is not None else None
        self._places[job_id] = (now + _PLACE_S, place)
        self._places.move_to_end(job_id)
        while len(self._places) > _WAITING:
            self._places.popitem(last=False)
        return place
