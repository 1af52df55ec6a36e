"""Celery as it comes, late acknowledgement and prefetch 1; nothing is recorded."""

import os

import tally
from celery import Celery

app = Celery("peer", broker=os.environ["BENCH_REDIS"])
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)


@app.task(name="noop")
def noop(_number: int) -> None:
    tally.hit()


def send(number: int) -> None:
    noop.delay(number)
