"""HTTP to servers that users name, without letting a URL reach into our own network.

A name is resolved once, every address it has must be public, and the connection goes to exactly the
checked address (a second resolution could answer otherwise); TLS is verified against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.errors import BadInput, ForbiddenAddress, Unavailable

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


class Exchange:
    """One request to one checked address; a timer cuts it off at the deadline, even between bytes.

    `deadline` is a time of `time.monotonic()`. Every failure is an Unavailable that names the server.
    """

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

    def __enter__(self) -> Exchange:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._response is not None:
            self._response.close()  # it may hold the socket when the connection no longer does
        self._connection.close()

    @property
    def late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _cut(self) -> None:
        sock = self._sock or self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has just been closed

    def failure(self, error: BaseException | None = None) -> Unavailable:
        """Why it broke off, in a sentence."""
        host = self._target.host
        if self.late:
            return Unavailable(f"{host} did not answer in full in the time allowed.", field="url")
        if isinstance(error, (ssl.SSLError, urllib3.exceptions.SSLError)):
            return Unavailable(f"{host} cannot prove that it is {host} (TLS).", field="url")
        return Unavailable(f"{host} does not answer, or broke off.", field="url", retry_after_s=30)

    def ask(
        self, method: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        """The head of the answer; redirects are the caller's to judge. Raises Unavailable."""
        t = self._target
        default = 443 if t.scheme == "https" else 80
        name = f"[{t.host}]" if ":" in t.host else t.host
        host = name if t.port == default else f"{name}:{t.port}"
        sent = {"Host": host, "Accept": "*/*", "Accept-Encoding": "identity", **headers}
        try:
            self._connection.connect()
            self._sock = self._connection.sock
            assert self._sock is not None
            self._sock.settimeout(_SILENCE_S)
            self._connection.request(method, t.path, body=body, headers=sent, preload_content=False)
            self._response = self._connection.getresponse()
            return self._response
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self.failure(error) from error

    def read(self, at_most: int) -> bytes:
        """The next bytes of the answer; b"" at its end. Raises Unavailable."""
        assert self._response is not None
        if self.late:
            raise self.failure()
        try:
            return self._response.read1(at_most)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self.failure(error) from error
