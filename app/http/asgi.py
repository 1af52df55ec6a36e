"""The few words of ASGI that the edge speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from app.errors import LecternError
from app.http import hardening, problems
from app.telemetry import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[str, str]]


class Disconnected(Exception):
    """The client has gone; there is nobody to answer."""


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


async def start(send: Send, status: int, headers: Headers) -> None:
    pairs = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def body(send: Send, content: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def respond(send: Send, status: int, headers: Headers, content: bytes = b"") -> None:
    length = () if status in (204, 304) else (("content-length", str(len(content))),)
    await start(send, status, (*headers, *hardening.HEADERS, *length))
    await body(send, content, more=False)


async def refuse(send: Send, error: LecternError) -> None:
    await respond(send, error.status, problems.headers(error).items(), problems.encode(error))


async def guarded(answer: Callable[[Send], Awaitable[None]], scope: Scope, send: Send) -> None:
    """Run `answer`; whatever it raises leaves as a problem, unless an answer has begun already."""
    begun = False

    async def noted(message: MutableMapping[str, Any]) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await answer(noted)
    except Disconnected:
        return
    except LecternError as error:
        if begun:  # its head is out: all that is left is to break off
            raise
        await refuse(send, error)
    except Exception:
        problem("http.unforeseen", path=scope["path"], method=scope["method"])
        if begun:
            raise
        await refuse(send, LecternError(problems.UNFORESEEN))


def departure(receive: Receive) -> asyncio.Task[None]:
    """A task that ends when the client has gone. The caller cancels it."""

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return asyncio.create_task(wait())
