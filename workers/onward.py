"""A pool process that has ended a light stage takes the next message of its queue itself, and the next.

A message that comes through Celery's main process costs as much as all else that a short stage needs: it is
unpacked there, sent through a pipe and answered. What is taken here was in nobody's hands, so a busy worker
still puts nothing aside; lost with a process that dies, the steward sends it again (docs/decisions/0019).
"""

from __future__ import annotations

import time

from app.errors import Unavailable
from app.jobs.model import Message
from workers.process import Process
from workers.run import commit, take_up, work

# Then Celery comes to its own: a shutdown, its limits for a process, what waits in other queues.
_AT_MOST_S = 0.25


def run_on(process: Process, job_id: str, stage_id: int) -> None:
    """Run the stage; if it is a light one, go on with other light ones of its queue for a moment.

    Returns when all that was run is committed.
    """
    try:
        _run_on(process, job_id, stage_id)
    finally:
        process.ends.settle()


def _run_on(process: Process, job_id: str, stage_id: int) -> None:
    until = time.monotonic() + _AT_MOST_S
    platform, stopping = process.platform, process.stopping.is_set
    while True:
        claim = take_up(platform, job_id, stage_id, process.name)
        if claim is None:
            return
        if claim.losses:
            process.ends.settle()  # should this one kill the process again, no other goes with it
        ended = work(platform, claim, process.name, stopping)
        if ended.stage.heavy:
            commit(platform, ended)
            return
        process.ends.add(ended)
        if stopping() or time.monotonic() > until:
            return
        message = _next(process, ended.stage.queue)
        if message is None:
            return
        job_id, stage_id = message.job_id, message.stage_id


def _next(process: Process, queue: str) -> Message | None:
    try:
        return process.queue.take(queue, process.light)
    except Unavailable:
        return None
