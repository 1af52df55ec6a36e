"""Event streams and long polls that are held open while something else is measured."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def held(port: int, jobs: Sequence[tuple[str, str]], streams: int, polls: int) -> Iterator[int]:
    """Gives how many streams have begun to tell. Polls ask again whenever they are answered."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    crowd = _Crowd(port, jobs)
    try:
        yield asyncio.run_coroutine_threadsafe(crowd.gather(streams, polls), loop).result(90)
    finally:
        asyncio.run_coroutine_threadsafe(crowd.leave(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Crowd:
    def __init__(self, port: int, jobs: Sequence[tuple[str, str]]) -> None:
        self._port = port
        self._jobs = jobs
        self._tasks: list[asyncio.Task[None]] = []
        self._begun = 0

    async def gather(self, streams: int, polls: int) -> int:
        for number in range(streams + polls):
            job_id, key = self._jobs[number % len(self._jobs)]
            hold = self._stream if number < streams else self._poll
            self._tasks.append(asyncio.create_task(hold(job_id, key)))
            if number % 50 == 49:
                await asyncio.sleep(0.05)  # a crowd comes within seconds, not at one stroke
        for _ in range(300):
            if self._begun >= streams:
                break
            await asyncio.sleep(0.2)
        return self._begun

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _open(self, path: str, key: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        return reader, writer

    async def _stream(self, job_id: str, key: str) -> None:
        reader, writer = await self._open(f"/api/jobs/{job_id}/events", key)
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"event: ")
            self._begun += 1
            while await reader.read(65536):
                pass
        writer.close()

    async def _poll(self, job_id: str, key: str) -> None:
        while True:
            reader, writer = await self._open(f"/api/jobs/{job_id}?wait=60&version=1", key)
            with suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
            writer.close()
            await asyncio.sleep(0.5)
