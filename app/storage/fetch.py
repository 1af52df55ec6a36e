"""Sources behind a URL, fetched into storage: every redirect is checked like the first address."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import Message
from urllib.parse import unquote, urljoin

import urllib3

from app.errors import BadInput, TooLarge, Unavailable
from app.outbound import Exchange, Target, check_public
from app.storage import Storage
from app.storage.names import safe_name

_BLOCK = 256 * 1024
_REDIRECTS = 5


def fetch(
    url: str,
    into: Storage,
    *,
    max_bytes: int,
    timeout_s: float,
    allow_private: bool = False,
    progress: Callable[[float], None] | None = None,
) -> tuple[str, int, str]:
    """Stream what the URL gives into storage; returns (digest, bytes, file name).

    Raises BadInput, ForbiddenAddress, TooLarge or Unavailable; nothing is kept then. `timeout_s` bounds
    the whole of it, however slowly the server drips.
    """
    deadline = time.monotonic() + timeout_s
    for _ in range(_REDIRECTS + 1):
        target = check_public(url, allow_private=allow_private)
        with Exchange(target, deadline) as exchange:
            response = exchange.ask("GET", {"User-Agent": "Lectern"})
            if response.status in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            _expect_file(response, target.host, max_bytes)
            digest, size = _store(exchange, response, into, max_bytes, progress)
            return digest, size, _filename(response, target)
    raise BadInput(f"The URL redirects more than {_REDIRECTS} times.", field="url")


def _expect_file(response: urllib3.BaseHTTPResponse, host: str, max_bytes: int) -> None:
    if response.status >= 500 or response.status == 429:
        raise Unavailable(f"{host} answered {response.status}.", field="url", retry_after_s=60)
    if response.status != 200:
        raise BadInput(f"{host} answered {response.status} instead of giving the file.", field="url")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadInput(f"{host} sends the file in an encoding that was not asked for.", field="url")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The file behind the URL is larger than {max_bytes} bytes.", field="url")


def _filename(response: urllib3.BaseHTTPResponse, target: Target) -> str:
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return safe_name(header.get_filename() or unquote(target.path.partition("?")[0]))


def _store(
    exchange: Exchange,
    response: urllib3.BaseHTTPResponse,
    into: Storage,
    max_bytes: int,
    progress: Callable[[float], None] | None,
) -> tuple[str, int]:
    """Nothing is kept unless the whole of it arrived within the limits."""
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else 0
    with into.receive() as incoming:
        while block := exchange.read(_BLOCK):
            if incoming.size + len(block) > max_bytes:
                raise _too_large(max_bytes)
            incoming.write(block)
            if progress is not None:
                progress(min(1.0, incoming.size / total) if total else 0.0)
        if exchange.late or (total and incoming.size < total):
            raise exchange.failure()
        if incoming.size == 0:
            raise BadInput("The file behind the URL is empty.", field="url")
    return incoming.digest, incoming.size
