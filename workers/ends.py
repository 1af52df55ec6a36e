"""Commits how light stages ended while the next one runs; what ends meanwhile is committed together.

A commit waits for the disk. So the process does not wait for it before it goes on, but a message counts as
handled only when all that it led to has been committed.
"""

from __future__ import annotations

import queue
import threading

from app.jobs import runs
from app.jobs.platform import Platform
from app.telemetry import problem
from workers.run import Ended, commit, told

_AT_ONCE = 16  # ends that may wait: what a dying process loses of its work, and runs again


class Ends:
    """Of one process: make it after the fork. Added to and settled by one thread."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._waiting: queue.Queue[Ended] = queue.Queue(_AT_ONCE)
        self._thread: threading.Thread | None = None

    def add(self, ended: Ended) -> None:
        """Have it committed soon; waits while many are."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._go, name="ends", daemon=True)
            self._thread.start()
        self._waiting.put(ended)

    def settle(self) -> None:
        """Wait until all has been committed, or refused."""
        self._waiting.join()

    def _go(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < _AT_ONCE:
                try:
                    together.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            self._commit(together)
            for _ in together:
                self._waiting.task_done()

    def _commit(self, together: list[Ended]) -> None:
        try:
            done = self._commit_simple(together)
        except Exception:  # noqa: BLE001 - the database is away, or refuses one: each is tried by itself
            done = set()
        for ended in together:
            try:
                if ended.claim.stage_id in done:
                    told(ended, held=True)
                    ended.lease.end()
                else:
                    commit(self._platform, ended)
            except Exception:  # noqa: BLE001 - the others must be committed, and the next
                problem("stage.commit_failed", job=ended.claim.job_id, stage=ended.claim.name)

    def _commit_simple(self, together: list[Ended]) -> set[int]:
        simple = [
            (ended.claim, ended.outcome)
            for ended in together
            if ended.outcome is not None and ended.key is None and not ended.lease.lost
        ]
        return runs.finish_together(self._platform, simple)
