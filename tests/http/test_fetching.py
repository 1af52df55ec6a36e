"""Sources behind a URL: nothing private is reached, nothing is fetched beyond its limits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.errors import BadInput, ForbiddenAddress, TooLarge, Unavailable
from app.outbound import Target, check_public
from app.storage import Storage
from app.storage.fetch import fetch

FILM = b"film" * 50_000


class _Handler(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers['Host']} {self.path}")
        if self.path.startswith("/to/"):
            self._head(302, Location=self.path.removeprefix("/to/"))
        elif self.path == "/loop":
            self._head(302, Location="/loop")
        elif self.path == "/missing":
            self._head(404)
        elif self.path == "/busy":
            self._head(503)
        elif self.path == "/empty":
            self._head(200, **{"Content-Length": "0"})
        elif self.path == "/endless":
            self._head(200)
            self._drip(b"x" * 65536, 0)
        elif self.path == "/slow":
            self._head(200, **{"Content-Length": "1000"})
            self._drip(b"x", 0.1)
        elif self.path == "/broken":
            self._head(200, **{"Content-Length": str(len(FILM) + 1)})
            self.wfile.write(FILM)
        else:
            disposition = 'attachment; filename="../Tag 1.mp4"' if self.path == "/named" else ""
            self._head(200, **{"Content-Length": str(len(FILM)), "Content-Disposition": disposition})
            self.wfile.write(FILM)

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self, block: bytes, pause_s: float) -> None:
        try:
            for _ in range(1000):
                self.wfile.write(block)
                time.sleep(pause_s)
        except OSError:
            return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    made = Storage(tmp_path / "files")
    yield made
    assert not list((made.root / "incoming").iterdir())


def get(url: str, storage: Storage, **more: Any) -> tuple[str, int, str]:
    limits = {"max_bytes": 1_000_000, "timeout_s": 20.0, "allow_private": True, **more}
    return fetch(url, storage, **limits)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost:8080/x",
        "http://10.1.2.3/x",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::]/",
    ],
)
def test_addresses_that_are_not_public_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddress) as refused:
        check_public(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "gopher://8.8.8.8/",
        "http://",
        "x.mp4",
        "http://a:b@8.8.8.8/",
        "http://8.8.8.8:x/",
        "http://[::1/",
        "http://8.8.8.8/a b",
        "http://" + "a" * 300 + ".org/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_public(url)
    assert refused.value.field == "url"


def test_a_public_address_passes_and_is_pinned() -> None:
    target = check_public("https://8.8.8.8/a?b=c#d")
    assert (target.address, target.port, target.path) == ("8.8.8.8", 443, "/a?b=c")


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(ForbiddenAddress):
        check_public("http://rebound.example/")


def test_a_name_is_resolved_once_and_connected_as_checked(
    server: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that changes its answer after the check gains nothing."""
    port = int(server.rpartition(":")[2])
    asked = []

    def answer(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        first = asked.count("lecture.example") == 1 and host == "lecture.example"
        address = "127.0.0.1" if first or host == "127.0.0.1" else "203.0.113.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert get(f"http://lecture.example:{port}/film.mp4", storage)[1] == len(FILM)
    assert asked.count("lecture.example") == 1
    assert _Handler.asked[-1] == f"lecture.example:{port} /film.mp4"


def test_a_file_is_stored_under_its_digest_and_name(server: str, storage: Storage) -> None:
    told: list[float] = []
    digest, size, name = get(f"{server}/a/film%20one.mp4?x=1", storage, progress=told.append)
    assert storage.path(digest).read_bytes() == FILM
    assert (size, name) == (len(FILM), "film one.mp4")
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert get(f"{server}/named", storage)[2] == "Tag 1.mp4"
    assert get(f"{server}/Übung.mp4", storage)[2] == "Übung.mp4"


def test_redirects_are_followed(server: str, storage: Storage) -> None:
    assert get(f"{server}/to/{server}/film.mp4", storage)[1] == len(FILM)
    with pytest.raises(BadInput, match="redirects more than"):
        get(f"{server}/loop", storage)
    with pytest.raises(BadInput, match="must begin with"):
        get(f"{server}/to/file:///etc/passwd", storage)


def test_a_redirect_to_a_private_address_is_refused(
    server: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server counts as public here; what it points to is judged as always."""
    first = f"{server}/to/{server}/secret"

    def judged(url: str, *, allow_private: bool = False) -> Target:
        return check_public(url, allow_private=url == first)

    monkeypatch.setattr("app.storage.fetch.check_public", judged)
    with pytest.raises(ForbiddenAddress):
        get(first, storage, allow_private=False)
    assert not _Handler.asked[-1].endswith(" /secret")


def test_limits_hold(server: str, storage: Storage) -> None:
    with pytest.raises(TooLarge):
        get(f"{server}/film.mp4", storage, max_bytes=1000)  # announced
    with pytest.raises(TooLarge):
        get(f"{server}/endless", storage)  # not announced
    began = time.monotonic()
    with pytest.raises(Unavailable, match="in the time allowed"):
        get(f"{server}/slow", storage, timeout_s=1.0)
    assert time.monotonic() - began < 5


def test_answers_that_are_no_file_are_explained(server: str, storage: Storage) -> None:
    for path, kind, words in [
        ("missing", BadInput, "404"),
        ("busy", Unavailable, "503"),
        ("empty", BadInput, "empty"),
        ("broken", Unavailable, "broke off"),
    ]:
        with pytest.raises(kind, match=words):
            get(f"{server}/{path}", storage)
    with pytest.raises(Unavailable):
        get("http://127.0.0.1:9/x", storage)
