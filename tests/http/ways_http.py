"""The two ways to an answer: the edge, and Flask alone."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest

from app import create_app
from app.http.edge import Edge
from app.jobs.platform import Platform

Headers = dict[str, str]
_VARIES = {"ratelimit", "content-length", "date"}  # a count; and what a server adds of its own


class Told(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class Ways:
    """Asks the edge, and Flask alone; counts how often the edge took the long way."""

    def __init__(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        self._platform = platform
        self.long = 0
        whole = Edge._answer

        async def counted(edge: Edge, *arguments: Any) -> None:
            self.long += 1
            await whole(edge, *arguments)

        monkeypatch.setattr(Edge, "_answer", counted)

    def edge(
        self, path: str, sent: Headers, times: int = 1, method: str = "GET", body: bytes = b""
    ) -> list[Told]:
        async def ask() -> list[Told]:
            edge = Edge(create_app(self._platform), self._platform)
            told = [await _asked(edge, path, sent, method, body) for _ in range(times)]
            await edge._close()
            return told

        return asyncio.run(ask())

    def crowd(self, path: str, sent: Headers, many: int) -> list[Told]:
        """GETs of one moment."""

        async def ask() -> list[Told]:
            edge = Edge(create_app(self._platform), self._platform)
            told = await asyncio.gather(*(_asked(edge, path, sent, "GET", b"") for _ in range(many)))
            await edge._close()
            return list(told)

        return asyncio.run(ask())

    def together(self, path: str, sent: list[Headers], bodies: list[bytes]) -> list[Told]:
        """POSTs of one moment, in the order of `bodies`."""

        async def ask() -> list[Told]:
            edge = Edge(create_app(self._platform), self._platform)
            asking = [_asked(edge, path, s, "POST", b) for s, b in zip(sent, bodies, strict=True)]
            told = await asyncio.gather(*asking)
            await edge._close()
            return list(told)

        return asyncio.run(ask())

    def flask(self, path: str, sent: Headers, method: str = "GET", body: bytes | None = None) -> Told:
        client = create_app(self._platform).test_client()
        answer = client.open(path, method=method, headers=sent, data=body)
        return Told(answer.status_code, {k.lower(): v for k, v in answer.headers}, answer.get_data())

    def agree(self, path: str, sent: Headers, *, quick: bool) -> Told:
        """What both say; the edge is asked twice, since it learns of a key by the first request."""
        before = self.long
        first, second = self.edge(path, sent, times=2)
        alone = self.flask(path, sent)
        for told in (first, second):
            assert (told.status, told.body) == (alone.status, alone.body)
            assert _plain(told.headers) == _plain(alone.headers)
        assert self.long - before == (1 if quick else 2)
        return second


def _plain(headers: Headers) -> Headers:
    return {k: v.replace("; charset=utf-8", "") for k, v in headers.items() if k not in _VARIES}


async def _asked(edge: Edge, path: str, sent: Headers, method: str, body: bytes) -> Told:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(k.lower().encode(), v.encode()) for k, v in {"Host": "localhost", **sent}.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await edge(scope | {"client": ("192.0.2.7", 5000)}, receive, send)
    answered = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
    return Told(messages[0]["status"], answered, b"".join(m["body"] for m in messages[1:]))
