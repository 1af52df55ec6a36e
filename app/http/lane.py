"""The server's side of a connection. Plain reads and submissions of a job are answered here, ahead of ASGI.

"Plain" is a whole request in one piece, with nothing that asks for more than its answer. Who asks is known
and has requests left; what is read is cached, what is submitted is right. Else it goes on as if it had not
been looked at, but for its count. ASGI's dictionaries, a task for each request and a message for each part
of its answer cost more than all that is done for one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.accounts import rates
from app.accounts.rates import Standing
from app.errors import LecternError, MalformedRequest
from app.http import asgi, hardening, problems
from app.http.following import Found, matches
from app.http.meaning import NOT_PLAIN, Meaning, meaning
from app.jobs.intake import Taken
from app.telemetry import problem

if TYPE_CHECKING:
    from app.http.edge import Edge

_PLAIN = re.compile(rb"GET /api/jobs/(job_[0-9a-f]{32}) HTTP/1\.1\r\n")
_SUBMISSION = b"POST /api/jobs HTTP/1.1\r\n"
_LONGEST = 4096  # bytes of a plain request's head
_HEADS = 2_000  # of requests, whose meaning is kept: a client or proxy says the same each time
_HEAD = 64 * 1024  # bytes of a request that are not body: more is refused
_LOOK_S = 75.0  # without a whole request for so long, a connection is closed; proxies keep theirs for 60 s


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


_FRESH = _lines(asgi.encoded([("cache-control", "private, no-cache")]))
_NO_PAGE = _lines(asgi.encoded([("content-security-policy", hardening.NO_PAGE)]))
_JSON = _lines(asgi.encoded([("content-type", "application/json")])) + _NO_PAGE


def _whole(status: bytes, lines: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\n%bcontent-length: %d\r\n\r\n%b" % (status, lines, len(body), body)


class Lane(HttpToolsProtocol):
    _meanings: dict[bytes, Meaning] = {}  # noqa: RUF012  # of the process

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        edge = cast("Edge", self.app)
        self._doors, self._quick, self._submissions = edge.doors, edge.quick, edge.submissions
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
        elif not (self._idle() and self._plain(data)):
            self._go_on(data)

    def _idle(self) -> bool:
        done = self.cycle is None or self.cycle.response_complete
        return done and not self._within and not self.flow.write_paused

    def _plain(self, data: bytes) -> bool:
        """Whether it is being answered."""
        if data.startswith(b"GET /api/jobs/job_"):
            asked = _PLAIN.match(data)
            return asked is not None and self._read(data, asked)
        return data.startswith(_SUBMISSION) and self._submit(data)

    def _read(self, data: bytes, asked: re.Match[bytes]) -> bool:
        said = self._meaning(data[asked.end() :])
        if not said.plain or said.length is not None:
            return False
        caller, self._standing = self._doors.glance(said.authorization)
        if caller is None or "read" not in caller.scopes:
            return False
        self._begin(data)
        self._known = said.known
        self._quick.ask(caller.owner_id, asked[1].decode(), self._found)
        return True

    def _submit(self, data: bytes) -> bool:
        head, end, body = data[len(_SUBMISSION) :].partition(b"\r\n\r\n")
        said = self._meaning(head + end)
        if not said.submits or said.length != len(body):
            return False
        caller, self._standing = self._doors.glance(said.authorization)
        if caller is None or not self._submissions.ask(caller, body, said.key, self._taken):
            return False
        self._begin(data)
        return True

    def _meaning(self, lines: bytes) -> Meaning:
        found = self._meanings.get(lines)
        if found is None:
            if len(lines) > _LONGEST:
                return NOT_PLAIN
            if len(self._meanings) >= _HEADS:
                self._meanings.clear()
            found = self._meanings[lines] = meaning(lines)
        return found

    def _begin(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._requests += 1
        self._pending = data

    def _found(self, found: Found | None) -> None:
        self._end(None if found is None else self._shown(found))

    def _taken(self, taken: Taken | Exception) -> None:
        if isinstance(taken, Taken):
            # What an earlier request with its key made is looked up on the long way.
            self._end(None if taken.body is None else self._accepted(taken.job_id, taken.body))
            return
        try:
            raise taken
        except LecternError as error:
            self._end(self._refused(error))
        except Exception:  # noqa: BLE001  # whatever it is, its client is told
            problem("http.unforeseen", path="/api/jobs", method="POST")
            self._end(self._refused(LecternError(problems.UNFORESEEN)))

    def _end(self, answer: bytes | None) -> None:
        """None: it has to go on."""
        data, self._pending = self._pending, None
        if data is None or self.transport.is_closing():
            return
        if answer is None:
            self._go_on(data)
        else:
            self.transport.write(answer)
            self._standing = None
        if self._leaving:
            super().shutdown()
        elif self._held:
            held, self._held = self._held, b""
            self.flow.resume_reading()
            self.data_received(held)

    def _said(self) -> bytes:
        """Header lines of every answer, with how its client stands."""
        lines = self.server_state.default_headers
        return _lines(lines if self._standing is None else [*lines, *rates.headers(self._standing)])

    def _shown(self, found: Found) -> bytes:
        tag, body = found
        said = b"%betag: %b\r\n%b" % (self._said(), tag.encode(), _FRESH)
        if self._known is not None and matches(self._known, tag):
            return b"HTTP/1.1 304 Not Modified\r\n%b%b\r\n" % (said, self._hardened)
        return _whole(b"200 OK", said + _JSON + self._hardened, body)

    def _accepted(self, job_id: str, body: bytes) -> bytes:
        said = b"%blocation: /api/jobs/%b\r\n%b" % (self._said(), job_id.encode(), _FRESH)
        return _whole(b"202 Accepted", said + _JSON + self._hardened, body)

    def _refused(self, error: LecternError, *more: tuple[str, str]) -> bytes:
        said = _lines(asgi.encoded([*problems.headers(error).items(), *more])) + _NO_PAGE
        status = b"%d %b" % (error.status, HTTPStatus(error.status).phrase.encode())
        return _whole(status, self._said() + said + self._hardened, problems.encode(error))

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
            self._refuse(problems.HeadTooLarge("The head of the request is larger than this server takes."))

    def _refuse(self, error: LecternError) -> None:
        """To what cannot be read to its end there is one answer at most."""
        if not (self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete):
            self.transport.write(self._refused(error, ("connection", "close")))
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
