"""The few words of ASGI that the edge speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from app.errors import LecternError
from app.http import hardening, problems
from app.telemetry import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

FIELDS = "lectern.fields"  # in a scope: headers that every answer to this request carries


class Disconnected(Exception):
    """The client has gone; there is nobody to answer."""


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]


def adding(send: Send, more: Sequence[tuple[str, str]]) -> Send:
    """`send`, with those of the headers put on the answer that it does not have."""
    if not more:
        return send
    wanted = encoded(more)

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name for name, _ in message["headers"]}
            extra = [pair for pair in wanted if pair[0] not in there]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending


async def start(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": encoded(headers)})


async def body(send: Send, content: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def respond(send: Send, status: int, headers: Headers, content: bytes = b"") -> None:
    of_content: Headers = ()
    if status not in (204, 304):
        of_content = (("content-length", str(len(content))), ("content-security-policy", hardening.NO_PAGE))
    await start(send, status, (*headers, *hardening.HEADERS, *of_content))
    await body(send, content, more=False)


async def refuse(send: Send, error: LecternError) -> None:
    await respond(send, error.status, problems.headers(error).items(), problems.encode(error))


async def guarded(answer: Callable[[Send], Awaitable[None]], scope: Scope, send: Send) -> None:
    """Run `answer`; whatever it raises leaves as a problem, unless an answer has begun already."""
    begun = False

    async def noted(message: MutableMapping[str, Any]) -> None:
        nonlocal begun
        begun = True
        if message["type"] == "http.response.start" and (fields := scope.get(FIELDS)):
            message["headers"] = [*message["headers"], *fields]
        await send(message)

    try:
        await answer(noted)
    except Disconnected:
        return
    except LecternError as error:
        if begun:  # its head is out: all that is left is to break off
            raise
        await refuse(noted, error)
    except Exception:
        problem("http.unforeseen", path=scope["path"], method=scope["method"])
        if begun:
            raise
        await refuse(noted, LecternError(problems.UNFORESEEN))


def departure(receive: Receive) -> asyncio.Task[None]:
    """A task that ends when the client has gone. The caller cancels it."""

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return asyncio.create_task(wait())
