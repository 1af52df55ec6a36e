"""Lives in each worker's main process: the steward's thread, and the drain at shutdown."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from celery import bootsteps

from app.jobs.steward import Steward, run_steward
from workers.process import current

_pool: Any = None


class StewardStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs the steward beside the consumer: rescue needs neither beat nor a free worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, parent: Any) -> None:
        process = current()
        steward = Steward(process.platform, process.name)
        self._thread = threading.Thread(
            target=run_steward, args=(steward, self._stop.wait), name="steward", daemon=True
        )
        self._thread.start()
        _watch_pool(parent.pool)

    def stop(self, parent: Any) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)


def _watch_pool(pool: Any) -> None:
    global _pool
    _pool = pool


def drain_children(*, after_s: float) -> None:
    """Let running stages end for `after_s`; then make the pool's children give theirs back."""

    def ask() -> None:
        for pid in _pool.info.get("processes", ()) if _pool is not None else ():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue  # it was done in time

    timer = threading.Timer(after_s, ask)
    timer.daemon = True
    timer.start()
