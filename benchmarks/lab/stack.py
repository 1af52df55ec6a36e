"""A whole running Lectern for tests and benchmarks: real processes on free ports of 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import requests

ROOT = Path(__file__).resolve().parents[2]
_BASE = {
    "LEASE_S": "3",
    "REPUBLISH_AFTER_S": "1",
    "BACKOFF_BASE_S": "0.2",
    "STATUS_REVALIDATE_S": "0.3",
    "HF_HUB_OFFLINE": "1",
    "DRAIN_S": "0.5",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], timeout_s: float, why: str, *, every_s: float = 0.2) -> Any:
    """The first true value of `what`; AssertionError saying `why` after the time-out."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"waited {timeout_s:.0f} s in vain: {why}")


KEY = "lk_the_first_key_of_every_stack_in_tests"


@dataclass(frozen=True)
class Roots:
    """How the two composition roots are started."""

    api: tuple[str, ...] = ("asgi.py",)
    worker: tuple[str, ...] = ("celery_worker.py",)


LECTURES = Roots()
LAB = Roots(("-m", "benchmarks.lab.api"), ("-m", "benchmarks.lab.worker"))


class Stack:
    """Starts and ends processes with one environment; every one is ended by its own pid.

    `http` is a session that sends the stack's key.
    """

    def __init__(self, folder: Path, environ: dict[str, str], roots: Roots = LECTURES) -> None:
        self.folder = folder
        self.roots = roots
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        plain = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
        state = {"LECTERN_STATE": str(folder), "STORAGE_PATH": str(folder / "files")}
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {KEY}"
        self.environ = plain | {"FIRST_API_KEY": KEY} | _BASE | state | {"PUBLIC_URL": self.url} | environ
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        with log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def start_api(self, workers: int = 1) -> None:
        self.start("api", *self.roots.api, "--port", str(self.port), "--workers", str(workers))
        wait_for(self.is_ready, 60, f"API ready\n{self.log('api')}")

    def start_worker(self, name: str, profile: str, *more: str) -> subprocess.Popen[bytes]:
        arguments = [*self.roots.worker, "worker", "--profile", profile, "--name", name, *more]
        process = self.start(name, *arguments)
        ready = lambda: " ready." in self.log(name) or process.poll() is not None  # noqa: E731
        wait_for(ready, 120, f"worker {name} ready")
        assert process.poll() is None, f"worker {name} ended at once\n{self.log(name)}"
        return process

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/health/live", timeout=2).ok
        except requests.RequestException:
            return False

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all that it started: a machine that loses power."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)
        self.running.clear()

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database that the stack works on."""
        connection = psycopg2.connect(self.environ["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            connection.close()

    # ------------------------------------------------------------------------------- as a user would
    def submit(self, recording: Path, **fields: str) -> str:
        with recording.open("rb") as file:
            answer = self.http.post(
                f"{self.url}/api/jobs", files={"file": (recording.name, file)}, data=fields, timeout=60
            )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.url}/api/jobs/{job_id}", timeout=30)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait(self, job_id: str, timeout_s: float = 180) -> dict[str, Any]:
        """The job's document once it has ended."""

        def ended() -> dict[str, Any] | None:
            document = self.job(job_id)
            return document if document["status"] in ("succeeded", "failed", "cancelled") else None

        found: dict[str, Any] = wait_for(ended, timeout_s, f"end of job {job_id}", every_s=0.5)
        return found

    def artifact(self, job_id: str, name: str) -> bytes:
        answer = self.http.get(f"{self.url}/api/jobs/{job_id}/artifacts/{name}", timeout=30)
        assert answer.ok, f"{name}: {answer.text}"
        return answer.content
