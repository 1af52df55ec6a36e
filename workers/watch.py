"""Lives in each worker's main process: steward, sender, the row that says it lives, the drain at shutdown."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from celery import bootsteps, signals
from celery.worker import state

from app.jobs.platform import Platform
from app.jobs.steward import Steward, run_steward
from app.jobs.webhooks.sender import Sender
from workers.canary import Canary, run_canary, start_anew
from workers.presence import Presence, run_presence
from workers.process import current, name_worker

_pool: Any = None
_drained = threading.Event()


class StewardStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs steward and sender beside the consumer: neither needs beat or a free worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        name_worker(parent.hostname)  # before the pool forks its children
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, parent: Any) -> None:
        platform = current().platform
        steward = Steward(platform, parent.hostname)
        sender = Sender(platform)
        self._threads = [
            _thread("steward", lambda: run_steward(steward, self._stop.wait)),
            _thread("webhooks", lambda: sender.run(self._stop)),
        ]
        queues = list(parent.app.amqp.queues.consume_from)
        presence = Presence(platform.db, parent.hostname, queues, parent.concurrency, _end_this_worker)
        # not ended by `stop`, which comes before the pool has let its stages end: it is there until then
        ended = threading.Event()
        beating = _thread("presence", lambda: run_presence([presence], ended.wait))

        def end(**_: Any) -> None:
            ended.set()
            beating.join(timeout=5)

        signals.worker_shutdown.connect(end, weak=False)
        listen = threading.Event()

        def ready(**_: Any) -> None:
            if not listen.is_set():
                listen.set()
                _thread("canary", lambda: run_canary(_canary(platform, queues), self._stop.wait, _start_anew))

        signals.worker_ready.connect(ready, weak=False)
        _watch_pool(parent.pool)

    def stop(self, parent: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _canary(platform: Platform, queues: Sequence[str]) -> Canary:
    return Canary(
        waiting=lambda: sum(platform.queue.depth(name) for name in queues),
        taken=lambda: sum(state.total_count.values()),
        busy=lambda: bool(state.reserved_requests),  # active ones are among them
        patience_s=2 * platform.settings.lease_s,
    )


def _start_anew() -> None:
    start_anew(_pool.info.get("processes", ()) if _pool is not None else ())


def _end_this_worker() -> None:
    """A warm shutdown, as a supervisor would ask for: no new message, running stages end."""
    _drained.set()
    os.kill(os.getpid(), signal.SIGTERM)


def was_drained() -> bool:
    """Has an operator asked that this worker goes, and stays away?"""
    return _drained.is_set()


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
