"""The ASGI application: answers status, long polls and event streams itself, leaves the rest to Flask."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Flask

from app import garbage
from app.accounts.keys import Caller
from app.errors import LecternError, NotFound, Unavailable
from app.http import asgi, bridge, following, hardening, parsing
from app.http.asgi import Disconnected, Receive, Scope, Send
from app.http.context import gate, keyring
from app.http.doors import Doors, stranger
from app.http.hub import Hub, heard
from app.http.jobs import last_event_id
from app.http.quick import QuickStatus
from app.http.receiving import body_limit
from app.http.schemas import WaitQuery
from app.http.spooling import spooled
from app.http.submissions import Submissions
from app.jobs import status
from app.jobs.freshness import Freshness
from app.jobs.platform import Platform
from app.telemetry import problem

T = TypeVar("T")
_OURS = re.compile(r"/api/jobs/([^/]+)(/events)?")
_BATCH = "/api/jobs/batch"
_UPLOADS = frozenset({"/api/jobs", "/api/uploads", _BATCH})
_AT_ONCE = WaitQuery.model_validate({})
_READERS = 4  # threads; each read is a round trip to Redis, or a bounded one to the database
_PAUSE_S = 0.2  # between two readings of one stream: progress faster than this is not seen anyway


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
        self._hub = Hub(platform.cache)
        self._bridge = bridge.Bridge(flask.wsgi_app, platform.settings.api_threads)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="status")
        self._streamers = ThreadPoolExecutor(_READERS, thread_name_prefix="events")
        self._doors = Doors(keyring(flask), gate(flask), self._readers, platform.settings.trusted_proxies)
        self._quick = QuickStatus(platform, self._doors, Freshness(platform, self._readers))
        self._submissions = Submissions(platform)
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="spool")
        self._folder = platform.storage.root / "incoming"  # the disk that the file goes to anyway
        self._of_site = hardening.of_site(platform.settings.public_url)
        self._leaving = False
        self._listening: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            send = asgi.adding(send, self._of_site)
            if await self._quick.answer(scope, send):
                return
            self._listen()
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
                self._listen()
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
                loop.call_soon_threadsafe(self._leave)
                if callable(before):
                    before(signum, frame)

            signal.signal(number, handle)

        with suppress(ValueError):  # not in the main thread: then no signal comes here either
            for number in (signal.SIGTERM, signal.SIGINT):
                heed(number, signal.getsignal(number))

    def _leave(self) -> None:
        self._leaving = True
        self._hub.wake_all()

    def _listen(self) -> None:
        if self._listening is None:
            self._listening = asyncio.create_task(self._hub.run())

    async def _close(self) -> None:
        while self._listening is not None and not self._listening.done():
            self._listening.cancel()  # again: while it connects, the client library swallows the first
            await asyncio.wait([self._listening], timeout=0.2)
        await self._platform.cache.close_reads()
        await asyncio.to_thread(self._submissions.close)
        self._bridge.close()
        for pool in (self._readers, self._streamers, self._disk):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not parsing.keepable(scope["path"]):
            raise NotFound("There is nothing at this address.")
        caller = await self._doors.admit(scope)
        ours = _OURS.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        if ours is None:
            await self._through_flask(caller, scope, receive, send)
            return
        if caller is None:
            raise stranger(scope)
        caller.require("read")
        owner_id = caller.owner_id
        if ours[2]:
            await self._stream(owner_id, ours[1], scope, receive, send)
        else:
            await self._status(owner_id, ours[1], scope, receive, send)

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
            if caller is not None and await self._submissions.answer(caller, scope, content, size, send):
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
            tag, content = await self._quick.find(owner_id, job_id) or await self._found(owner_id, job_id)
        else:
            tag, content = await self._long_poll(owner_id, job_id, asked, known, receive)
        reply = following.Reply(tag, content, known)
        await asgi.respond(send, reply.status, reply.headers.items(), reply.body)

    async def _long_poll(
        self, owner_id: str, job_id: str, asked: WaitQuery, known: str | None, receive: Receive
    ) -> tuple[str, bytes]:
        until = time.monotonic() + asked.wait
        gone = asgi.departure(receive)
        try:
            with self._hub.follow(job_id) as ear:
                gone.add_done_callback(lambda _: ear.set())
                while True:
                    found = await self._found(owner_id, job_id)
                    left = until - time.monotonic()
                    if left <= 0 or self._leaving or not following.waits_for(found[1], asked.version, known):
                        return found
                    await heard(ear, min(left, self._hub.poll_s))
                    if gone.done():
                        raise Disconnected
        finally:
            gone.cancel()

    async def _stream(self, owner_id: str, job_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        last = last_event_id(asgi.header(scope, b"last-event-id"), _pairs(scope))
        follower = following.Follower(self._platform, owner_id, job_id, last or 0)
        gone = asgi.departure(receive)
        try:
            with self._hub.follow(job_id) as ear:  # first listen, then read what was: no gap between
                gone.add_done_callback(lambda _: ear.set())
                frames = await self._step(follower.step)
                if follower.over and last is not None and len(frames) == 1:
                    await asgi.respond(send, 204, ())
                    return
                await asgi.start(send, 200, following.HEADERS.items())
                await asgi.body(send, b"".join(frames), more=not follower.over)
                await self._tell(follower, ear, gone, send)
        finally:
            gone.cancel()

    async def _step(self, step: Callable[[], list[bytes]]) -> list[bytes]:
        return await asyncio.get_running_loop().run_in_executor(self._streamers, step)

    async def _tell(
        self, follower: following.Follower, ear: asyncio.Event, gone: asyncio.Task[None], send: Send
    ) -> None:
        spoke = time.monotonic()
        while not follower.over:
            silence = following.KEEP_ALIVE_S - (time.monotonic() - spoke)
            await heard(ear, min(silence, self._hub.poll_s))
            if gone.done():
                return
            if self._leaving:  # without an `end`: the client comes back, to another process
                await asgi.body(send, b"", more=False)
                return
            try:
                frames = await self._step(follower.later_step)
            except Unavailable:
                frames = []  # asked again at the next wake-up or poll
            if not frames and time.monotonic() - spoke >= following.KEEP_ALIVE_S:
                frames = [following.KEEP_ALIVE]
            if frames:
                await asgi.body(send, b"".join(frames), more=not follower.over)
                spoke = time.monotonic()
            await asyncio.sleep(0 if follower.over else _PAUSE_S)


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
