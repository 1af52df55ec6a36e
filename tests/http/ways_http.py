"""The two ways to an answer: the edge, and Flask alone."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app import create_app
from app.http.edge import Edge
from app.http.lane import Lane
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
    """Over a connection that is none, through the server's protocol."""
    lane, wire = connected(edge)
    lines = {"Host": "localhost", **sent} | ({"Content-Length": str(len(body))} if method == "POST" else {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    lane.data_received(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    for _ in range(4000):
        if (told := wire.told(method)) is not None:
            break
        await asyncio.sleep(0.005)
    lane.connection_lost(None)
    assert told is not None, "no answer"
    return told


def connected(edge: Edge) -> tuple[Lane, Wire]:
    config = Config(edge, interface="asgi3", ws="none", proxy_headers=False, log_config=None)
    lane = Lane(config=config, server_state=ServerState(), app_state={})
    wire = Wire()
    lane.connection_made(wire)
    return lane, wire


class Wire(asyncio.Transport):
    """What is written is kept."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 5000), "sockname": ("127.0.0.1", 80)})
        self.written = b""
        self._closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        return

    resume_reading = pause_reading

    def close(self) -> None:
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing

    def told(self, method: str) -> Told | None:
        """The answer, if it is whole."""
        head, ended, body = self.written.partition(b"\r\n\r\n")
        if not ended:
            return None
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        return Told(int(first.split()[1]), headers, body) if len(body) >= length else None
