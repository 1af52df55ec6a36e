"""Request bodies, received by the event loop: small ones in memory, large ones in a file on the disk."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from app.errors import LecternError, MalformedRequest, TooLarge, Unavailable
from app.http import asgi
from app.http.asgi import Receive, Scope

IN_MEMORY = 64 * 1024
_BATCH = 1024 * 1024  # written at once, so that a large upload costs few hops to the disk's thread
_SILENCE_S = 60.0  # a client that sends nothing for so long has left its body unfinished


class _TooSlow(LecternError):
    code = "request_timeout"
    status = 408


class _Spool:
    def __init__(self, folder: Path, disk: Executor) -> None:
        self._folder = folder
        self._disk = disk
        self._pending = bytearray()
        self._file: IO[bytes] | None = None
        self.size = 0

    async def add(self, block: bytes) -> None:
        self._pending += block
        self.size += len(block)
        if len(self._pending) >= (_BATCH if self._file is not None else IN_MEMORY + 1):
            await self._flush()

    async def _flush(self) -> None:
        batch, self._pending = self._pending, bytearray()
        await asyncio.get_running_loop().run_in_executor(self._disk, self._write, batch)

    def _write(self, batch: bytearray) -> None:
        try:
            if self._file is None:  # nameless: it is gone with its last user, whatever happens
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._file.write(batch)
        except OSError as error:
            raise Unavailable("The storage cannot take the file just now.", retry_after_s=60) from error

    async def finished(self) -> IO[bytes]:
        if self._file is None:
            return io.BytesIO(self._pending)
        await self._flush()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@asynccontextmanager
async def spooled(
    scope: Scope, receive: Receive, *, limit: int, folder: Path, disk: Executor
) -> AsyncIterator[tuple[IO[bytes], int]]:
    """The whole body as (file, bytes). Raises TooLarge at the first byte above `limit`, and before any
    when the length is announced; MalformedRequest when it ends early."""
    announced = asgi.header(scope, b"content-length")
    if announced is not None:
        if not (announced.isascii() and announced.isdecimal()):
            raise MalformedRequest("The Content-Length is not a number.")
        if int(announced) > limit:
            raise TooLarge("The request is larger than this server takes.")
    spool = _Spool(folder, disk)
    try:
        await _receive(spool, receive, limit)
        yield await spool.finished(), spool.size
    finally:
        spool.close()


async def _receive(spool: _Spool, receive: Receive, limit: int) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_SILENCE_S) as patience:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    # also what the server says of a malformed chunk, when somebody is still there to read
                    raise MalformedRequest("The body of the request is malformed, or broke off.")
                block = message.get("body", b"")
                if spool.size + len(block) > limit:
                    raise TooLarge("The request is larger than this server takes.")
                await spool.add(block)
                more = message.get("more_body", False)
                if more:
                    patience.reschedule(loop.time() + _SILENCE_S)
    except TimeoutError:
        raise _TooSlow("The rest of the request did not come.") from None
