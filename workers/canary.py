"""Notices a worker that is deaf: messages wait in its queues, it has nothing to do, and takes none.

Celery's consumer can come out of a lost connection to Redis without listening any more. No error is raised
then, and jobs would wait for as long as this worker is the only one of its queues.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from app.errors import Unavailable
from app.telemetry import emit, problem

_LOOK_S = 2.0


@dataclass
class Canary:
    """`waiting`: messages in the queues (raises Unavailable); `taken`: how many were ever received."""

    waiting: Callable[[], int]
    taken: Callable[[], int]
    busy: Callable[[], bool]
    patience_s: float
    clock: Callable[[], float] = time.monotonic
    _silent_since: float | None = field(default=None, init=False)
    _taken: int = field(default=-1, init=False)

    def deaf(self) -> bool:
        """Look once more; true when a listening worker would have taken a message long ago."""
        taken = self.taken()
        try:
            at_rest = self.busy() or taken != self._taken or self.waiting() == 0
        except Unavailable:
            at_rest = True  # there is nothing to hear
        self._taken = taken
        if at_rest:
            self._silent_since = None
            return False
        if self._silent_since is None:
            self._silent_since = self.clock()
        return self.clock() - self._silent_since > self.patience_s


def run_canary(canary: Canary, wait: Callable[[float], bool], restart: Callable[[], None]) -> None:
    """Look every few seconds until `wait(seconds)` says stop; a deaf worker starts itself anew."""
    while not wait(_LOOK_S):
        try:
            if canary.deaf():
                emit("worker.deaf")
                restart()
                return
        except Exception:  # noqa: BLE001 - the next look must come
            problem("canary.look_failed")


def start_anew(children: Iterable[int]) -> None:
    """Replace this process by a fresh one of the same command. Nothing runs, so nothing is lost by it.

    Not left to whoever started us: not everyone restarts what ends.
    """
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line, no shell
