"""Long polls and event streams of a process: held by the event loop, woken when something happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from app.cache import Cache
from app.errors import Unavailable
from app.http import asgi, following
from app.http.asgi import Disconnected, Receive, Send
from app.http.following import Follower, Found, Poll
from app.http.hub import Ear, Hub, heard

T = TypeVar("T")
_PAUSE_S = 0.2  # between two readings of one stream: progress faster than this is not seen anyway
_READERS = 4  # threads; each look is a round trip to Redis, or a bounded one to the database


class Watching:
    def __init__(self, cache: Cache) -> None:
        self._hub = Hub(cache)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="events")
        self._leaving = False
        self._listening: asyncio.Task[None] | None = None

    def listen(self) -> None:
        if self._listening is None:
            self._listening = asyncio.create_task(self._hub.run())

    def leave(self) -> None:
        """Let go of whoever waits: a server that is told to stop waits for open answers first."""
        self._leaving = True
        self._hub.wake_all()

    async def close(self) -> None:
        while self._listening is not None and not self._listening.done():
            self._listening.cancel()  # again: while it connects, the client library swallows the first
            await asyncio.wait([self._listening], timeout=0.2)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def poll(self, topic: str, poll: Poll, wait_s: float, receive: Receive) -> Found:
        """What is there when it is news, or when the wait is over."""
        until = time.monotonic() + wait_s
        gone = asgi.departure(receive)
        try:
            with self._hub.follow(topic) as ear:
                gone.add_done_callback(lambda _: ear.set())
                while True:
                    found = await self._in(poll.look, ear.at)
                    left = until - time.monotonic()
                    if left <= 0 or self._leaving or not poll.waits(found):
                        return found
                    await heard(ear, min(left, self._hub.poll_s, poll.look_s))
                    if gone.done():
                        raise Disconnected
        finally:
            gone.cancel()

    async def stream(
        self, topic: str, follower: Follower, receive: Receive, send: Send, *, resumed: bool
    ) -> None:
        """`resumed`: the client said what it heard last; if that was all, it gets a 204."""
        gone = asgi.departure(receive)
        try:
            with self._hub.follow(topic) as ear:  # first listen, then read what was: no gap between
                gone.add_done_callback(lambda _: ear.set())
                frames = await self._in(follower.step, ear.at)
                if follower.over and resumed and len(frames) == 1:
                    await asgi.respond(send, 204, ())
                    return
                await asgi.start(send, 200, following.HEADERS.items())
                await asgi.body(send, b"".join(frames), more=not follower.over)
                await self._tell(follower, ear, gone, send)
        finally:
            gone.cancel()

    async def _tell(self, follower: Follower, ear: Ear, gone: asyncio.Task[None], send: Send) -> None:
        spoke = time.monotonic()
        while not follower.over:
            silence = following.KEEP_ALIVE_S - (time.monotonic() - spoke)
            await heard(ear, min(silence, self._hub.poll_s, follower.look_s))
            if gone.done():
                return
            if self._leaving:  # without an `end`: the client comes back, to another process
                await asgi.body(send, b"", more=False)
                return
            try:
                frames = await self._in(following.later, follower, ear.at)
            except Unavailable:
                frames = []  # asked again at the next wake-up or poll
            if not frames and time.monotonic() - spoke >= following.KEEP_ALIVE_S:
                frames = [following.KEEP_ALIVE]
            if frames:
                await asgi.body(send, b"".join(frames), more=not follower.over)
                spoke = time.monotonic()
            await asyncio.sleep(0 if follower.over else _PAUSE_S)

    async def _in(self, work: Callable[..., T], *values: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *values)
