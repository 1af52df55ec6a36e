"""Submits a job and dies the moment before its message would be sent: `… dying_submitter NOTES`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.composition import build_platform
from app.jobs.model import Message
from app.jobs.submit import NewJob, submit
from app.settings import load
from benchmarks.lab.repertoire import LAB


class Deathbed:
    """A queue that notes what it is given, and takes the process with it."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes

    def publish(self, messages: Sequence[Message]) -> None:
        with self._notes.open("a") as file:
            file.writelines(f"{m.job_id}\t{time.time_ns() // 1000}\n" for m in messages)
        os.kill(os.getpid(), signal.SIGKILL)

    def depth(self, queue: str) -> int:
        return 0


if __name__ == "__main__":
    submit(build_platform(load(), Deathbed(Path(sys.argv[1])), LAB), NewJob("local", "note"))
    sys.exit("the queue was not asked to publish")
