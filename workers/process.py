"""What each Celery process holds: its platform, opened after the fork, and whether it is stopping."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from celery import Celery

from app.composition import build_platform
from app.jobs.platform import Platform
from app.settings import Settings
from app.stages.repertoire import Repertoire
from workers.celery_queue import CeleryQueue
from workers.ends import Ends


@dataclass
class Process:
    platform: Platform
    queue: CeleryQueue
    name: str
    light: frozenset[str]  # tasks whose stages run in the process itself
    ends: Ends
    stopping: threading.Event = field(default_factory=threading.Event)


_current: Process | None = None
_worker = socket.gethostname()


def name_worker(name: str) -> None:
    """Call before the pool forks: a child is called NAME/PID, so that one sees whose stages it runs."""
    global _worker
    _worker = name


def open_process(settings: Settings, celery: Celery, repertoire: Repertoire) -> Process:
    """Open this process's own connections; whatever a parent had open is left to the parent."""
    global _current
    if _current is not None:
        _current.platform.db.after_fork()
    name = f"{_worker}/{os.getpid()}"
    queue = CeleryQueue(celery)
    light = frozenset(stage.task for stage in repertoire.catalogue.stages if not stage.heavy)
    platform = build_platform(settings, queue, repertoire)
    _current = Process(platform, queue, name, light, Ends(platform))
    return _current


def current() -> Process:
    """The open process; a task can only run in one."""
    if _current is None:
        raise RuntimeError("open_process was not called in this process")
    return _current


@contextmanager
def giving_back_on_sigterm() -> Iterator[Process]:
    """While a stage runs in a pool child, SIGTERM gives it back instead of losing it.

    Set for each run: Celery's pool puts a handler of its own in place after every start-up hook.
    """
    process = current()
    process.stopping.clear()  # an earlier signal was for an earlier stage

    def stop(_number: int, _frame: FrameType | None) -> None:
        process.stopping.set()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield process
    finally:
        signal.signal(signal.SIGTERM, before)
