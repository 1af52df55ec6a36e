"""Sending a recording, however large, in pieces of a few kilobytes, and asking for a job about it."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.client import Api, Json
from app.cli.exits import CommandError, Exit

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_BLOCK = 64 * 1024
_NOT_KNOWN = frozenset({404, 405})  # 405: a server from before one could ask


@dataclass(frozen=True)
class Order:
    """What `submit` asks for. `source` and `deck` are each a file's name or a URL."""

    source: str
    kind: str = "lecture"
    title: str = ""
    priority: str = "normal"
    params: Json = field(default_factory=dict)
    idempotency_key: str | None = None
    deck: str | None = None
    group: str | None = None
    webhook: str | None = None


def is_address(source: str) -> bool:
    return _ADDRESS.match(source) is not None


def readable_file(name: str) -> Path:
    """The file of that name; CommandError when there is none that can be read."""
    path = Path(name)
    if not path.exists():
        raise CommandError(f"There is no file {name}.", Exit.USAGE)
    if not path.is_file():
        raise CommandError(f"{name} is not a file.", Exit.USAGE)
    try:
        path.open("rb").close()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", Exit.USAGE) from error
    return path


def submit(api: Api, order: Order, progress: Callable[[int, int], None]) -> Json:
    """The new job's document. `progress` is told the bytes sent and the bytes in all.

    A repeat after a lost answer carries the same Idempotency-Key, so there is never a second job.
    """
    request: Json = {"kind": order.kind, "priority": order.priority, "params": order.params}
    if order.title:
        request["title"] = order.title
    if order.group is not None:
        request["group"] = order.group
    if order.webhook is not None:
        request["webhook_url"] = order.webhook
    if order.deck is not None:  # first: whether it is a deck is known before a large recording is sent
        if is_address(order.deck):
            request["deck_url"] = order.deck
        else:
            request["deck"] = upload(api, readable_file(order.deck), lambda sent, size: None)
    if is_address(order.source):
        request["url"] = order.source
    else:
        request["upload"] = upload(api, readable_file(order.source), progress)
    key = order.idempotency_key or uuid.uuid4().hex
    return api.post("/api/jobs", body=request, headers={"Idempotency-Key": key}, repeatable=True)


def upload(api: Api, path: Path, progress: Callable[[int, int], None]) -> str:
    """Send a file, if it was not sent before; returns the id of the upload. Repeating it is harmless."""
    if path.stat().st_size == 0:
        raise CommandError(f"{path.name}: this file is empty.", Exit.REFUSED)
    with path.open("rb") as file:
        known = {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "filename": path.name}
    found = api.call("POST", "/api/uploads/known", body=known, repeatable=True, accept=_NOT_KNOWN)
    if found.status_code not in _NOT_KNOWN:
        return str(found.json()["upload_id"])
    answer = api.post(
        "/api/uploads",
        params={"filename": path.name},
        content=lambda: Watched(path, progress),
        headers={"Content-Type": "application/octet-stream"},
        repeatable=True,
    )
    return str(answer["upload_id"])


class Watched:
    """A file that tells how much of it was read, and ends at the size it had when it was opened.

    A recording that is still being written would otherwise outgrow its announced length.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None]) -> None:
        self._file = path.open("rb")
        self._size = path.stat().st_size
        self._sent = 0
        self._progress = progress
        progress(0, self._size)

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = _BLOCK) -> bytes:
        data = self._file.read(min(self._size - self._sent, size))
        self._sent += len(data)
        self._progress(self._sent, self._size)
        return data

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data

    def close(self) -> None:
        self._file.close()
