"""The server's side of a connection. A plain GET of a job is answered here, ahead of ASGI; all else goes on.

"Plain" is a whole request in one piece, with nothing that asks for more than its answer. Who asks is known
and has requests left; the job is cached. Else it goes on as if it had not been looked at, but for its count.
ASGI's dictionaries, a task for each request and a message for each part of its answer cost more than all that
is done for one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.accounts import rates
from app.accounts.rates import Standing
from app.errors import LecternError, MalformedRequest
from app.http import asgi, credentials, hardening, problems
from app.http.following import Found, matches

if TYPE_CHECKING:
    from app.http.edge import Edge

_PLAIN = re.compile(rb"GET /api/jobs/(job_[0-9a-f]{32}) HTTP/1\.1\r\n")
_LINES = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)+\r\n")
_MORE = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})  # not plain
_LONGEST = 4096  # bytes of a plain request
_HEADS = 2_000  # of requests, whose meaning is kept: a client or proxy says the same each time
_HEAD = 64 * 1024  # bytes of a request that are not body: more is refused
_LOOK_S = 75.0  # without a whole request for so long, a connection is closed; proxies keep theirs for 60 s


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


_FRESH = _lines(asgi.encoded([("cache-control", "private, no-cache")]))
_JSON = _lines(
    asgi.encoded([("content-type", "application/json"), ("content-security-policy", hardening.NO_PAGE)])
)


class _Meaning(NamedTuple):
    """Of a request's lines. `plain` False: it has to go on."""

    plain: bool
    authorization: str | None = None
    known: str | None = None  # If-None-Match


class Lane(HttpToolsProtocol):
    _meanings: dict[bytes, _Meaning] = {}  # noqa: RUF012  # of the process

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        edge = cast("Edge", self.app)
        self._doors, self._quick = edge.doors, edge.quick
        self._hardened = _lines(asgi.encoded((*hardening.HEADERS, *edge.of_site)))
        self._pending: bytes | None = None  # the plain request that is being answered
        self._standing: Standing | None = None  # of the request that was counted here
        self._known: str | None = None
        self._held = b""  # what came meanwhile
        self._within = self._in_head = False  # a request has begun and is not whole; nor is its head
        self._leaving = False
        self._overhead = 0  # bytes of this request that are not body
        self._requests = self._last_look = 0

    # ------------------------------------------------------------------------------ a plain request
    def data_received(self, data: bytes) -> None:
        if self._pending is not None:
            self._held += data
            self.flow.pause_reading()
        elif not (data.startswith(b"GET /api/jobs/job_") and self._idle() and self._plain(data)):
            self._go_on(data)

    def _idle(self) -> bool:
        done = self.cycle is None or self.cycle.response_complete
        return done and not self._within and not self.flow.write_paused

    def _plain(self, data: bytes) -> bool:
        """Whether it is being answered."""
        asked = _PLAIN.match(data)
        if asked is None or len(data) > _LONGEST:
            return False
        lines = data[asked.end() :]
        meaning = self._meanings.get(lines) or self._read(lines)
        if not meaning.plain:
            return False
        caller, self._standing = self._doors.glance(meaning.authorization)
        if caller is None or "read" not in caller.scopes:
            return False
        self._unset_keepalive_if_required()
        self._requests += 1
        self._pending, self._known = data, meaning.known
        self._quick.ask(caller.owner_id, asked[1].decode(), self._answer)
        return True

    def _read(self, lines: bytes) -> _Meaning:
        if len(self._meanings) >= _HEADS:
            self._meanings.clear()
        meaning = self._meanings[lines] = _meaning(lines)
        return meaning

    def _answer(self, found: Found | None) -> None:
        data, self._pending = self._pending, None
        if data is None or self.transport.is_closing():
            return
        if found is None:
            self._go_on(data)
        else:
            self.transport.write(self._answered(found))
            self._standing = None
        if self._leaving:
            super().shutdown()
        elif self._held:
            held, self._held = self._held, b""
            self.flow.resume_reading()
            self.data_received(held)

    def _answered(self, found: Found) -> bytes:
        tag, body = found
        lines = [*self.server_state.default_headers, (b"etag", tag.encode())]
        if self._standing is not None:
            lines += rates.headers(self._standing)
        said = _lines(lines)
        if self._known is not None and matches(self._known, tag):
            return b"HTTP/1.1 304 Not Modified\r\n%b%b\r\n" % (said + _FRESH, self._hardened)
        said += _FRESH + _JSON + self._hardened
        return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n\r\n%b" % (said, len(body), body)

    # ------------------------------------------------------------------------------ all others
    def _go_on(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._overhead += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # no other protocol is spoken here: the request is answered as it stands
        except httptools.HttpParserError:
            self._refuse(MalformedRequest("This is not a request that can be understood."))
            return
        if self._overhead > _HEAD:
            self._refuse(_TooLong("The head of the request is larger than this server takes."))

    def _refuse(self, error: LecternError) -> None:
        """To what cannot be read to its end there is one answer at most."""
        if not (self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete):
            body = problems.encode(error)
            length = ("content-length", str(len(body)))
            lines = asgi.encoded([*problems.headers(error).items(), length, ("connection", "close")])
            said = b"%d %b" % (error.status, HTTPStatus(error.status).phrase.encode())
            self.transport.write(b"HTTP/1.1 %b\r\n%b%b\r\n%b" % (said, _lines(lines), self._hardened, body))
        self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._within, self._overhead = True, 0
        self._in_head = True
        if self._standing is not None:
            self._doors.note(cast(asgi.Scope, self.scope), self._standing)
            self._standing = None

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after the body is left aside
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._requests += 1
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead = max(0, self._overhead - 9 * len(body))  # a byte in a chunk of its own takes nine
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._within = False
        super().on_message_complete()

    # ------------------------------------------------------------------------------ the connection
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look_later = self.loop.call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        """Close what has sent no whole head of a request since the last look, and waits for nothing."""
        busy = self._pending is not None or (self.cycle is not None and not self.cycle.response_complete)
        if not busy and self._requests == self._last_look:
            self.transport.close()
            return
        self._last_look = self._requests
        self._look_later = self.loop.call_later(_LOOK_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_later.cancel()
        self._pending = None
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._pending is not None:
            self._leaving = True
        else:
            super().shutdown()


class _TooLong(LecternError):
    code = "head_too_large"
    status = 431


def _meaning(lines: bytes) -> _Meaning:
    if _LINES.fullmatch(lines) is None:
        return _Meaning(plain=False)
    said: dict[bytes, bytes] = {}
    for line in lines[:-4].split(b"\r\n"):
        name, _, value = line.partition(b":")
        said.setdefault(name.lower(), value.strip(b" \t"))
    if said.get(b"connection", b"keep-alive").lower() != b"keep-alive" or not _MORE.isdisjoint(said):
        return _Meaning(plain=False)
    text = {name: value.decode("latin-1") for name, value in said.items()}
    sent = credentials.sent(text.get(b"authorization"), text.get(b"cookie"))
    return _Meaning(True, sent, text.get(b"if-none-match"))
