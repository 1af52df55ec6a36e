"""Celery's pool of processes, which looks more often for those that have ended.

It hears of a process's end by a pipe that closes a moment before the process is gone. If it looks in that
moment, it sees a living process, and looks again only after five seconds; until then the slot serves nobody,
and a message that was meant for it lies there (celery/celery issue 9588). With processes that are replaced
after ten stages, that is often.
"""

from __future__ import annotations

from collections.abc import Callable

from celery.concurrency import asynpool, prefork

_LOOK_S = 0.25  # a look costs one system call a process


class _Pool(asynpool.AsynPool):  # type: ignore[misc]
    @property
    def timers(self) -> dict[Callable[[], None], float]:
        return {self.maintain_pool: _LOOK_S}


class TaskPool(prefork.TaskPool):  # type: ignore[misc]
    Pool = _Pool
