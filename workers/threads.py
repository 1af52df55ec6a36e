"""The embedded runner (`USE_CELERY=false`): queues, workers, steward and schedule as threads."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Sequence

from app.errors import Unavailable
from app.jobs.model import Message
from app.jobs.platform import Platform
from app.jobs.steward import Steward, run_steward
from app.jobs.webhooks.sender import Sender
from app.stages.schedule import create_due_jobs
from app.telemetry import problem
from workers.presence import Presence, run_presence
from workers.profiles import PROFILES
from workers.run import run_stage

_QUEUES = {  # one thread serves what a worker of this profile would; heavy work is in child processes anyway
    "default": 2,
    "extraction": 2,  # parts of one recording; the profile has one process a container
    "analysis": PROFILES["analysis"].concurrency,
    "generation": PROFILES["generation"].concurrency,
    "maintenance": PROFILES["maintenance"].concurrency,
}


_Entry = tuple[int, int, Message | None]  # what goes behind sorts behind; else first in, first out
_STOP = -1


class ThreadsQueue:
    """The queue seam over queues of this process."""

    def __init__(self) -> None:
        self.queues: dict[str, queue.PriorityQueue[_Entry]] = {
            name: queue.PriorityQueue() for name in _QUEUES
        }
        self._number = itertools.count()

    def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.queues[message.queue].put((int(message.behind), next(self._number), message))

    def depth(self, queue: str) -> int:
        return self.queues[queue].qsize()

    def take(self, queue: str) -> Message | None:
        """Waits for a message; None after `stop`."""
        return self.queues[queue].get()[2]

    def stop(self, queue: str) -> None:
        self.queues[queue].put((_STOP, next(self._number), None))


class ThreadsRunner:
    """Starts and stops the threads that take messages from a ThreadsQueue."""

    def __init__(self, platform: Platform, waiting: ThreadsQueue) -> None:
        self._platform = platform
        self._waiting = waiting
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        steward = Steward(self._platform, self._platform.settings.instance_id)
        self._spawn("steward", lambda: run_steward(steward, self._stop.wait))
        sender = Sender(self._platform)
        self._spawn("webhooks", lambda: sender.run(self._stop))
        self._spawn("schedule", self._schedule)
        db = self._platform.db
        present = [Presence(db, self._worker(name), [name], count) for name, count in _QUEUES.items()]
        self._spawn("presence", lambda: run_presence(present, self._stop.wait))
        for name, count in _QUEUES.items():
            for number in range(count):
                self._spawn(f"{name}-{number}", lambda name=name, n=number: self._serve(name, n))

    def stop(self, timeout_s: float = 20.0) -> None:
        """Give running stages back and wait for the threads to end."""
        self._stop.set()
        for name, count in _QUEUES.items():
            for _ in range(count):
                self._waiting.stop(name)
        for thread in self._threads:
            thread.join(timeout_s)

    def _spawn(self, name: str, target: object) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def _worker(self, name: str) -> str:
        return f"{self._platform.settings.instance_id}/{name}"

    def _serve(self, name: str, number: int) -> None:
        worker = f"{self._worker(name)}/{number}"
        while not self._stop.is_set():
            message = self._waiting.take(name)
            if message is None:
                return
            try:
                run_stage(
                    self._platform,
                    message.job_id,
                    message.stage_id,
                    worker=worker,
                    stopping=self._stop.is_set,
                )
            except Exception:  # noqa: BLE001 - the thread must outlive any message; the steward resends it
                problem("worker.message_failed", job=message.job_id)

    def _schedule(self) -> None:
        """What beat does in the full stack."""
        while not self._stop.wait(self._platform.settings.beat_tick_s):
            try:
                create_due_jobs(self._platform)
            except Unavailable:
                continue
            except Exception:  # noqa: BLE001 - the next slot must be looked for, too
                problem("schedule.round_failed")
