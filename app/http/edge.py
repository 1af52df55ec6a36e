"""The ASGI application: answers status, long polls and event streams itself, leaves the rest to Flask."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Flask

from app import garbage
from app.accounts.keys import Caller
from app.errors import LecternError, NotFound
from app.http import asgi, bridge, hardening, parsing
from app.http.asgi import Receive, Scope, Send
from app.http.context import gate, keyring
from app.http.doors import Doors, stranger
from app.http.following import Follower, Found, Reply
from app.http.following_groups import GroupFollower, GroupPoll, last_mark
from app.http.following_jobs import JobFollower, JobPoll, last_event_id
from app.http.quick import QuickStatus
from app.http.receiving import body_limit
from app.http.schemas_following import GroupWaitQuery, WaitQuery
from app.http.spooling import spooled
from app.http.submissions import Submissions
from app.http.watching import Watching
from app.jobs import status
from app.jobs.freshness import Freshness
from app.jobs.platform import Platform
from app.telemetry import problem

T = TypeVar("T")
_OURS = re.compile(r"/api/(jobs|groups)/([^/]+)(/events)?")
_BATCH = "/api/jobs/batch"
_UPLOADS = frozenset({"/api/jobs", "/api/uploads", _BATCH})
_AT_ONCE = WaitQuery.model_validate({})
_READERS = 4  # threads; each read is a round trip to Redis, or a bounded one to the database


class Edge:
    """`on_start` and `on_stop` run in a thread around the server's life (ASGI lifespan)."""

    def __init__(
        self,
        flask: Flask,
        platform: Platform,
        on_start: Callable[[], None] = lambda: None,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._platform = platform
        self._on_start, self._on_stop = on_start, on_stop
        self._bridge = bridge.Bridge(flask.wsgi_app, platform.settings.api_threads)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="status")
        self._watching = Watching(platform.cache)
        self.doors = Doors(keyring(flask), gate(flask), self._readers, platform.settings.trusted_proxies)
        self.quick = QuickStatus(platform, Freshness(platform, self._readers))
        self.submissions = Submissions(platform)
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="spool")
        self._folder = platform.storage.root / "incoming"  # the disk that the file goes to anyway
        self.of_site = hardening.of_site(platform.settings.public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            self._watching.listen()
            send = asgi.adding(send, self.of_site)
            await asgi.guarded(lambda out: self._answer(scope, receive, out), scope, send)

    # ------------------------------------------------------------------------------ the process
    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await asyncio.to_thread(self._on_start)
                except LecternError as error:
                    problem("http.start_failed")
                    await send({"type": "lifespan.startup.failed", "message": error.message})
                    return
                self._watching.listen()
                self._heed_signals(asyncio.get_running_loop())
                garbage.spare_what_lasts()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self._on_stop)
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _heed_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let go of whoever waits when the server is told to stop: it waits for open answers first."""

        def heed(number: int, before: Any) -> None:
            def handle(signum: int, frame: FrameType | None) -> None:
                loop.call_soon_threadsafe(self._watching.leave)
                if callable(before):
                    before(signum, frame)

            signal.signal(number, handle)

        with suppress(ValueError):  # not in the main thread: then no signal comes here either
            for number in (signal.SIGTERM, signal.SIGINT):
                heed(number, signal.getsignal(number))

    async def _close(self) -> None:
        await self._watching.close()
        await self._platform.cache.close_reads()
        await asyncio.to_thread(self.submissions.close)
        self._bridge.close()
        for pool in (self._readers, self._disk):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not parsing.keepable(scope["path"]):
            raise NotFound("There is nothing at this address.")
        caller = await self.doors.admit(scope)
        ours = _OURS.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        if ours is None:
            await self._through_flask(caller, scope, receive, send)
            return
        if caller is None:
            raise stranger(scope)
        caller.require("read")
        owner_id = caller.owner_id
        noun, topic, events = ours.groups()
        if events:
            await self._stream(noun, owner_id, topic, scope, receive, send)
        elif noun == "jobs":
            await self._status(owner_id, topic, scope, receive, send)
        else:
            await self._group(owner_id, topic, scope, receive, send)

    async def _through_flask(self, caller: Caller | None, scope: Scope, receive: Receive, send: Send) -> None:
        limit = parsing.MAX_JSON
        if scope["method"] == "POST" and scope["path"] in _UPLOADS:
            if caller is None:
                raise stranger(scope)
            caller.require("write")  # before a stranger's gigabytes, not after
            sent = (asgi.header(scope, b"content-type") or "").lower()
            if scope["path"] == _BATCH:
                limit = parsing.MAX_BATCH
            elif not sent.startswith("application/json"):
                limit = body_limit(self._platform.settings)
        incoming = spooled(scope, receive, limit=limit, folder=self._folder, disk=self._disk)
        async with incoming as (content, size):
            if caller is not None and await self.submissions.answer(caller, scope, content, size, send):
                return
            content.seek(0)
            await self._bridge.serve(scope, content, size, receive, send)

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def _found(self, owner_id: str, job_id: str) -> tuple[str, bytes]:
        return await self._read(lambda: status.answer(self._platform, owner_id, job_id))

    async def _status(self, owner_id: str, job_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parsing.query(WaitQuery, _pairs(scope)) if scope["query_string"] else _AT_ONCE
        known = asgi.header(scope, b"if-none-match")
        if asked.wait <= 0:
            found = await self.quick.find(owner_id, job_id) or await self._found(owner_id, job_id)
        else:
            poll = JobPoll(self._platform, owner_id, job_id, asked.version, known)
            found = await self._watching.poll(job_id, poll, asked.wait, receive)
        await _reply(send, found, known)

    async def _group(self, owner_id: str, group_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parsing.query(GroupWaitQuery, _pairs(scope))
        known = asgi.header(scope, b"if-none-match")
        poll = GroupPoll(self._platform, owner_id, group_id, known)
        await _reply(send, await self._watching.poll(group_id, poll, asked.wait, receive), known)

    async def _stream(
        self, noun: str, owner_id: str, topic: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        heard, asked = asgi.header(scope, b"last-event-id"), _pairs(scope)
        follower: Follower
        if noun == "jobs":
            last = last_event_id(heard, asked)
            follower, resumed = JobFollower(self._platform, owner_id, topic, last or 0), last is not None
        else:
            mark = last_mark(heard, asked)
            follower, resumed = GroupFollower(self._platform, owner_id, topic, mark), mark is not None
        await self._watching.stream(topic, follower, receive, send, resumed=resumed)


async def _reply(send: Send, found: Found, known: str | None) -> None:
    reply = Reply(found, known)
    await asgi.respond(send, reply.status, reply.headers.items(), reply.body)


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
