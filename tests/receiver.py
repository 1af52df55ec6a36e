"""A receiver of webhooks on this machine, which answers as a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """The message, if the signature is good; raises WebhookVerificationError."""
        message: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return message


@dataclass
class Receiver:
    """`answer` is called with each message, in a thread of its own; it returns a status and headers."""

    url: str = ""
    answer: Callable[[Received], tuple[int, dict[str, str]]] = lambda _: (204, {})
    messages: list[Received] = field(default_factory=list)
    at_once: int = 0  # requests under way
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(self, *statuses: int) -> None:
        """These, one after the other; the last goes on."""
        left = list(statuses)
        self.answer = lambda _: (left.pop(0) if len(left) > 1 else left[0], {})

    def take(self, message: Received) -> tuple[int, dict[str, str]]:
        with self._lock:
            self.messages.append(message)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(message)
        finally:
            with self._lock:
                self.at_once -= 1


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.take(Received(dict(self.headers.items()), content))
            try:
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return  # whoever asked has gone

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def eventually(what: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """The first true value of `what`."""
    until = time.monotonic() + timeout_s
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found
