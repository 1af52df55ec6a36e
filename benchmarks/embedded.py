"""An empty embedded Lectern for one run of a benchmark: a process and its children in its own folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import requests

from benchmarks.environment import ROOT


@dataclass
class Server:
    """`peak_mb` is the most memory that the process and its children held together (RSS, MB), so far."""

    url: str
    pid: int
    folder: Path  # its state: the key that it made, if it asks for keys
    peak_mb: float = 0.0

    def look(self) -> None:
        try:
            process = psutil.Process(self.pid)
            tree = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        held = 0
        for one in tree:
            try:
                held += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.peak_mb = max(self.peak_mb, held / 1e6)


@contextmanager
def lectern(**more: str) -> Iterator[Server]:
    """A server on a free port of this machine; stopped, and its folder removed, at the end.

    `more`: further settings, as environment variables.
    """
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        port = _free_port()
        environ = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
        environ |= {
            "USE_CELERY": "false",
            "API_AUTH": "local",
            "LECTERN_STATE": folder,
            "STORAGE_PATH": f"{folder}/files",
        } | more
        command = [sys.executable, "asgi.py", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        server = Server(f"http://127.0.0.1:{port}", process.pid, Path(folder))
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(server, done), daemon=True)
        try:
            _wait_until_up(server.url, process)
            watcher.start()
            yield server
        finally:
            done.set()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _watch(server: Server, done: threading.Event) -> None:
    while not done.wait(0.5):
        server.look()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/api/health/live", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit("The API did not start.")
