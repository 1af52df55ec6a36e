"""Flask behind ASGI: threads only while Flask computes, never while a client is slow."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, cast

from werkzeug.wsgi import FileWrapper

from app.errors import LecternError, Unavailable
from app.http import asgi
from app.http.asgi import Receive, Scope, Send
from app.telemetry import problem

_BLOCK = 256 * 1024
_WAITING = 1000  # requests; more would wait longer than their clients do
COUNTED = "lectern.counted"  # the edge has taken this request from its client's share already
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade"})
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Blocks(FileWrapper):
    """Werkzeug reads files in 8 kB pieces; each piece costs a hop between threads here."""

    def __init__(self, file: IO[bytes], buffer_size: int = _BLOCK) -> None:
        super().__init__(file, _BLOCK)


@dataclass
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    begun: bytes  # the whole body when `rest` is None
    rest: Iterator[bytes] | None
    close: Callable[[], None]


class Bridge:
    def __init__(self, app: Wsgi, threads: int) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="flask")
        self._waiting = 0

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def serve(self, scope: Scope, content: IO[bytes], size: int, receive: Receive, send: Send) -> None:
        """Answer one request whose body lies complete in `content`."""
        if self._waiting >= _WAITING:
            raise Unavailable("Too many are asking just now.", retry_after_s=2)
        environ = _environ(scope, content, size)
        context = contextvars.copy_context()
        self._waiting += 1
        try:
            answer = await self._run(context, lambda: _call(self._app, environ))
        finally:
            self._waiting -= 1
        if answer.rest is None:
            await asgi.start(send, answer.status, answer.headers)
            await asgi.body(send, answer.begun, more=False)
        else:
            await self._stream(context, answer, receive, send)

    async def _run(self, context: contextvars.Context, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)

    async def _stream(
        self, context: contextvars.Context, answer: _Answer, receive: Receive, send: Send
    ) -> None:
        """A thread reads one block at a time; while the client takes it no thread is held."""
        assert answer.rest is not None
        rest = answer.rest
        gone = asgi.departure(receive)
        try:
            await asgi.start(send, answer.status, answer.headers)
            block: bytes | None = answer.begun
            while block is not None and not gone.done():
                await asgi.body(send, block, more=True)
                block = await self._run(context, lambda: next(rest, None))
            if block is None:
                await asgi.body(send, b"", more=False)
        finally:
            gone.cancel()
            await self._run(context, answer.close)


def _call(app: Wsgi, environ: dict[str, Any]) -> _Answer:
    said: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        said[:] = [int(status.partition(" ")[0]), headers]

    try:
        result = app(environ, start_response)
    except Exception as error:  # Flask answers its own errors; what comes here is a fault of the bridge
        problem("http.bridge_failed", path=environ["PATH_INFO"])
        raise LecternError("Something went wrong on our side; it has been noted.") from error
    close = cast(Callable[[], None], getattr(result, "close", lambda: None))
    blocks = iter(result)
    begun = b""
    try:
        for block in blocks:
            begun += block
            if len(begun) >= _BLOCK:
                break
        else:
            close()
            return _Answer(said[0], _kept(said[1]), begun, None, lambda: None)
    except BaseException:
        close()
        raise
    return _Answer(said[0], _kept(said[1]), begun, blocks, close)


def _kept(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def _environ(scope: Scope, content: IO[bytes], size: int) -> dict[str, Any]:
    """PEP 3333's dictionary from an ASGI scope whose body was already received."""
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": content,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _Blocks,
        COUNTED: True,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if "_" in name:
            continue  # it would be taken for the header of the same name with a hyphen
        key = name.upper().replace("-", "_")
        if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            continue  # the length is what was received
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    return environ
