"""Submits jobs over HTTP as a patient client would, and notes in a file what was acknowledged."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

GIVE_UP_S = 120.0


@dataclass
class Load:
    """`post` returns when the job is acknowledged. `refused` counts answers by what they were."""

    url: Callable[[], str]
    key: str
    notes: Path  # append-only: id, tab, microseconds since 1970
    slowest_s: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, kind: str, **params: float) -> str:
        """Submit one job under an Idempotency-Key, again and again until it is kept."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": uuid.uuid4().hex}
        until = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                answer = requests.post(
                    f"{self.url()}/api/jobs",
                    json={"kind": kind, "params": params},
                    headers=headers | {"Connection": "close"},
                    timeout=20,
                )
            except requests.RequestException as error:
                self._refuse(type(error).__name__)
                time.sleep(0.2)
                continue
            if answer.status_code in (200, 202):  # 200: an earlier try was kept, only its answer was lost
                job_id = str(answer.json()["id"])
                self.acknowledge(job_id)
                with self._lock:
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                return job_id
            again = answer.headers.get("Retry-After")
            self._refuse(f"{answer.status_code}{'' if again else ' without Retry-After'}")
            time.sleep(min(1.0, float(again or 1)))
        raise AssertionError(f"a {kind} was not accepted in {GIVE_UP_S:.0f} s: {dict(self.refused)}")

    def acknowledge(self, job_id: str) -> None:
        with self._lock, self.notes.open("a") as file:
            file.write(f"{job_id}\t{time.time_ns() // 1000}\n")

    def _refuse(self, how: str) -> None:
        with self._lock:
            self.refused[how] += 1


class Stream:
    """Posts in the background, `per_s` a second from `threads` threads, until it is left."""

    def __init__(
        self, load: Load, mix: list[tuple[str, dict[str, Any]]], per_s: float, threads: int = 2
    ) -> None:
        self._load, self._mix, self._pause = load, mix, threads / per_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(i,), daemon=True) for i in range(threads)]
        self.sent = 0
        self.trouble: list[str] = []

    def __enter__(self) -> Stream:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(GIVE_UP_S + 30)
        assert not self.trouble, self.trouble

    def _work(self, number: int) -> None:
        turn = number
        while not self._stop.wait(self._pause):
            kind, params = self._mix[turn % len(self._mix)]
            turn += 1
            try:
                self._load.post(kind, **params)
            except AssertionError as error:
                self.trouble.append(str(error))
                return
            self.sent += 1
