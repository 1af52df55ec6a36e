"""Recordings that come in: streamed into storage while they arrive, never held in memory."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import IO, cast

from flask import Request, current_app, g, request

from app.errors import BadInput, NotFound, TooLarge
from app.http.context import owner_id, platform
from app.settings import Settings
from app.storage import Storage
from app.storage.names import safe_name
from app.store import files

_BLOCK = 1024 * 1024
_MARGIN = 1024 * 1024  # of a multipart body above the file itself: boundaries and other fields


class _Discarded(Exception):
    """Tells storage that nobody kept what arrived."""


class Received(io.RawIOBase):
    """A file on its way into storage, in the shape that Werkzeug's form parser writes to."""

    def __init__(self, storage: Storage, limit: int, filename: str | None) -> None:
        super().__init__()
        self._limit = limit
        self._context = storage.receive()
        self._incoming = self._context.__enter__()
        self._open = True
        self.filename = filename
        self.field = "file"

    def write(self, block: bytes) -> int:  # type: ignore[override]
        if self._incoming.size + len(block) > self._limit:
            raise TooLarge(f"A recording may have at most {self._limit} bytes.", field="file")
        return self._incoming.write(block)

    def seek(self, offset: int, whence: int = 0) -> int:
        """The parser rewinds when it is done; the content is read from storage, not from here."""
        return 0

    def keep(self) -> tuple[str, int]:
        """Take the content into storage; returns (digest, bytes). Raises BadInput when it is empty."""
        if self._incoming.size == 0:
            raise BadInput("The file is empty.", field=self.field)
        self._leave(None, None)
        return self._incoming.digest, self._incoming.size

    def close(self) -> None:
        """What was not kept by now is dropped."""
        error = _Discarded()
        self._leave(error, None)
        super().close()

    def _leave(self, error: _Discarded | None, trace: TracebackType | None) -> None:
        if self._open:
            self._open = False
            self._context.__exit__(type(error) if error else None, error, trace)


class StreamingRequest(Request):
    """Multipart files go to storage in one pass instead of to a temporary file first."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        held = platform()
        received = Received(held.storage, held.settings.max_upload_bytes, filename)
        g.setdefault("received", []).append(received)
        return cast(IO[bytes], received)


def drop_unkept(_: BaseException | None) -> None:
    """At the end of each request: nothing half-written stays."""
    for received in g.pop("received", []):
        received.close()


def body_limit(settings: Settings) -> int:
    """Bytes of a whole request: a recording, a deck and what stands around them."""
    return settings.max_upload_bytes + settings.max_deck_bytes + _MARGIN


@dataclass(frozen=True)
class KeptUpload:
    upload_id: str
    filename: str
    size: int


def files_of_form(*fields: str) -> list[Received | None]:
    """What the multipart form has in each of these fields; None for one that it has not."""
    for name in request.files:
        if name not in fields:
            known = " or ".join(f"“{field}”" for field in fields)
            raise BadInput(f"There is no such field; a file goes into {known}.", field=name)
    return [_file_of_form(field) for field in fields]


def _file_of_form(field: str) -> Received | None:
    if field in request.form:  # a form field without a file in it: nothing was chosen
        raise BadInput("Choose a file.", field=field)
    given = request.files.getlist(field)
    if len(given) > 1:
        raise BadInput("Send one file in a field.", field=field)
    if not given:
        return None
    stream = given[0].stream
    assert isinstance(stream, Received)
    stream.field = field
    return stream


def received_body(filename: str | None) -> Received:
    """A raw request body as a file."""
    held = platform()
    received = Received(held.storage, held.settings.max_upload_bytes, filename)
    g.setdefault("received", []).append(received)
    while block := request.stream.read(_BLOCK):
        received.write(block)
    return received


def kept_upload(received: Received, filename: str | None) -> KeptUpload:
    """Take a received file into storage and note it as its owner's upload."""
    digest, size = received.keep()
    upload = KeptUpload(_new_id(), safe_name(filename), size)
    with platform().db.write() as conn:
        files.touch(conn, digest, size)
        files.insert_upload(conn, _row(upload, digest))
    current_app.logger.debug("upload %s: %d bytes", upload.upload_id, size)
    return upload


def known_upload(digest: str, filename: str | None) -> KeptUpload:
    """An upload of what its owner sent before. Raises NotFound, also for what others sent."""
    with platform().db.write() as conn:
        size = files.sent_before(conn, owner_id(), digest)
        if size is not None:
            files.touch(conn, digest, size)  # first: from here on collection leaves it alone
        if size is None or not platform().storage.has(digest):
            raise NotFound("You have sent nothing like this yet.")
        upload = KeptUpload(_new_id(), safe_name(filename), size)
        files.insert_upload(conn, _row(upload, digest))
    return upload


def _new_id() -> str:
    return f"upl_{uuid.uuid4().hex}"


def _row(upload: KeptUpload, digest: str) -> dict[str, object]:
    about = {"id": upload.upload_id, "owner_id": owner_id(), "digest": digest}
    return about | {"filename": upload.filename, "size": upload.size}
