"""Starts the test server as a real process, and talks to it over raw sockets where that shows more."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Server:
    port: int
    pid: int  # of the process that serves
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> tuple[float, float]:
        """(resident now, highest so far)."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        now, peak = (re.search(rf"{name}:\s+(\d+) kB", text) for name in ("VmRSS", "VmHWM"))
        assert now is not None
        assert peak is not None
        return int(now[1]) / 1024, int(peak[1]) / 1024

    def open_sockets(self) -> int:
        count = 0
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed while we looked
                count += os.readlink(link).startswith("socket:")
        return count

    def ping_job(self) -> str:
        answer = requests.post(self.url + "/api/jobs", json={"kind": "ping"}, timeout=10)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["id"]
        return job_id

    def run(self, *, everything: bool = False) -> None:
        requests.post(self.url + "/test/run" + "?all=1" * everything, timeout=20).raise_for_status()

    def send(self, text: str, timeout_s: float = 15.0) -> socket.socket:
        """A raw request; the caller reads and closes."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)
        sock.sendall(text.encode())
        return sock


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def until_heard(sock: socket.socket, words: bytes) -> bytes:
    """Read until `words` came; fails when the other side closes first."""
    heard = b""
    while words not in heard:
        part = sock.recv(65536)
        assert part, f"closed after {heard!r}"
        heard += part
    return heard


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def running(folder: Path, workers: int = 1, **environ: str) -> Iterator[Server]:
    port = free_port()
    module = "server_http" if workers == 1 else "server_apart"
    serve = f"import asgi; asgi.serve('{module}:make_app', '127.0.0.1', {port}, {workers})"
    command = [sys.executable, "-c", serve]
    env = {**os.environ, "HTTP_TEST_FOLDER": str(folder), "PYTHONPATH": f"{HERE}:{ROOT}", **environ}
    log = (folder / "server.log").open("wb")
    main = subprocess.Popen(command, env=env, cwd=HERE, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}", main, folder)
        yield Server(port, max(children(main.pid)), folder)
    finally:
        main.send_signal(signal.SIGTERM)
        try:
            main.wait(20)
        except subprocess.TimeoutExpired:
            main.kill()
            main.wait()
        log.close()


def _wait(url: str, main: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        assert main.poll() is None, (folder / "server.log").read_text()
        try:
            if requests.get(url + "/api/health/live", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the server did not start: " + (folder / "server.log").read_text())
