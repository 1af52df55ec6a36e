"""Sources behind a URL, fetched without letting the URL reach into our own network.

A name is resolved once, every address it has must be public, and the connection goes to exactly the
checked address (a second resolution could answer otherwise); TLS is verified against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, unquote, urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.errors import BadInput, ForbiddenAddress, TooLarge, Unavailable
from app.storage import Storage
from app.storage.names import safe_name

_BLOCK = 256 * 1024
_REDIRECTS = 5
_CONNECT_S = 10.0
_SILENCE_S = 30.0  # a server that sends nothing for so long is given up, whatever the total
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # carries any IPv4 address, private ones too
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """A checked URL and the address to connect to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def check_public(url: str, *, allow_private: bool = False) -> Target:
    """Parse and resolve an http(s) URL. Raises BadInput, ForbiddenAddress, or Unavailable (no DNS)."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise BadInput("This is not a URL that can be read.", field="url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("The URL must begin with http:// or https:// and name a server.", field="url")
    if parts.username or parts.password:
        raise BadInput("The URL must not hold a user name or a password.", field="url")
    if any(c.isspace() or ord(c) < 32 for c in url):
        raise BadInput("The URL must not hold spaces or control characters.", field="url")
    addresses = _resolve(parts.hostname, port)
    if not allow_private and not all(_public(address) for address in addresses):
        raise ForbiddenAddress("The URL leads to an address that is not public.", field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = quote(path, safe="/%?:@!$&'()*+,;=-._~[]")  # as browsers do with umlauts that were typed in
    return Target(parts.scheme, parts.hostname, port, sent, str(addresses[0]))


def _resolve(host: str, port: int) -> list[Address]:
    """Every address of a name; decimal, hexadecimal and octal forms end up here as plain addresses."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise Unavailable("The name of the URL's server cannot be looked up just now.") from None
        raise BadInput("The server that the URL names does not exist.", field="url") from None
    except (UnicodeError, OverflowError):
        raise BadInput("The server that the URL names does not exist.", field="url") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


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
        with _Exchange(target, deadline) as exchange:
            response = exchange.get()
            if response.status in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            _expect_file(response, target.host, max_bytes)
            digest, size = exchange.store(into, max_bytes, progress)
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


class _Exchange:
    """One request to one checked address; a timer cuts it off at the deadline, even between bytes."""

    def __init__(self, target: Target, deadline: float) -> None:
        self._target = target
        self._deadline = deadline
        self._connection: HTTPConnection
        if target.scheme == "https":
            context = ssl.create_default_context()
            self._connection = HTTPSConnection(
                target.address,
                target.port,
                timeout=_CONNECT_S,
                server_hostname=target.host,
                ssl_context=context,
            )
        else:
            self._connection = HTTPConnection(target.address, target.port, timeout=_CONNECT_S)
        self._response: urllib3.HTTPResponse | None = None
        self._sock: socket.socket | None = None  # ours: the connection forgets it once the answer began
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Exchange:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._response is not None:
            self._response.close()  # it may hold the socket when the connection no longer does
        self._connection.close()

    def _cut(self) -> None:
        sock = self._sock or self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has just been closed

    def _failure(self, error: BaseException | None) -> Unavailable:
        host = self._target.host
        if time.monotonic() >= self._deadline:
            return Unavailable(f"{host} did not send the file in the time allowed.", field="url")
        if isinstance(error, (ssl.SSLError, urllib3.exceptions.SSLError)):
            return Unavailable(f"{host} cannot prove that it is {host} (TLS).", field="url")
        return Unavailable(f"{host} does not answer, or broke off.", field="url", retry_after_s=30)

    def get(self) -> urllib3.BaseHTTPResponse:
        t = self._target
        default = 443 if t.scheme == "https" else 80
        name = f"[{t.host}]" if ":" in t.host else t.host
        host = name if t.port == default else f"{name}:{t.port}"
        headers = {"Host": host, "User-Agent": "Lectern", "Accept": "*/*", "Accept-Encoding": "identity"}
        try:
            self._connection.connect()
            self._sock = self._connection.sock
            assert self._sock is not None
            self._sock.settimeout(_SILENCE_S)
            self._connection.request("GET", t.path, headers=headers, preload_content=False)
            self._response = self._connection.getresponse()
            return self._response
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(error) from error

    def store(
        self, into: Storage, max_bytes: int, progress: Callable[[float], None] | None
    ) -> tuple[str, int]:
        """Nothing is kept unless the whole of it arrived within the limits."""
        assert self._response is not None
        length = self._response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else 0
        with into.receive() as incoming:
            while block := self._read():
                if incoming.size + len(block) > max_bytes:
                    raise _too_large(max_bytes)
                incoming.write(block)
                if progress is not None:
                    progress(min(1.0, incoming.size / total) if total else 0.0)
            if time.monotonic() >= self._deadline or (total and incoming.size < total):
                raise self._failure(None)
            if incoming.size == 0:
                raise BadInput("The file behind the URL is empty.", field="url")
        return incoming.digest, incoming.size

    def _read(self) -> bytes:
        assert self._response is not None
        if time.monotonic() >= self._deadline:
            raise self._failure(None)
        try:
            return self._response.read1(_BLOCK)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(error) from error
