"""A TCP proxy that can do to a connection what networks do: swallow everything, slow down, lose one reply."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_BLOCK = 65_536
_COMMIT = b"COMMIT\x00"  # the end of PostgreSQL's simple-query message


@dataclass
class Proxy:
    """Listens on a free port of 127.0.0.1 and passes on to one of `targets`, in turn.

    hole: what comes in is not read any more, in either direction, and nothing is closed.
    delay_s: each block waits so long. lose_commit_every: of so many COMMITs one is carried out, its
    answer is dropped and the connection cut. A target that is taken out gets no new connections.
    """

    targets: Sequence[int]
    hole: bool = False
    delay_s: float = 0.0
    lose_commit_every: int = 0
    lost_commits: int = 0
    active: dict[int, int] = field(default_factory=dict)  # target → open connections
    port: int = 0
    _commits: int = 0
    _turn: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, listening: socket.socket) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=listening))
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.05))  # sockets are closed in the next round of the loop
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        target = self.targets[self._turn % len(self.targets)]
        self.active[target] = self.active.get(target, 0) + 1
        sides = [writer]
        try:
            await self._while_hole()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
            sides.append(far_writer)
            swallow = threading.Event()
            there = asyncio.create_task(self._pass(reader, far_writer, lambda b: self._sent(b, swallow)))
            back = asyncio.create_task(self._pass(far_reader, writer, lambda b: not swallow.is_set()))
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            if not back.done():  # the client has closed its side; the answer may still be on its way
                await asyncio.wait((back,), timeout=1.0)
            for task in (there, back):
                task.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # nobody listens there, or we close: the client sees its connection end
        finally:
            self.active[target] -= 1
            for side in sides:
                side.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may: Callable[[bytes], bool]
    ) -> None:
        try:
            while block := await reader.read(_BLOCK):
                await self._while_hole()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if not may(block):
                    return
                writer.write(block)
                await writer.drain()
        except OSError:
            return

    def _sent(self, block: bytes, swallow: threading.Event) -> bool:
        if self.lose_commit_every and block.endswith(_COMMIT):
            self._commits += 1
            if self._commits % self.lose_commit_every == 0:
                self.lost_commits += 1
                swallow.set()
        return True

    async def _while_hole(self) -> None:
        while self.hole:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.05)
