"""Huey over Redis; messages are popped, so a worker that dies loses what it held."""

import os

import tally
from huey import RedisHuey

huey = RedisHuey("bench", url=os.environ["BENCH_REDIS"], results=False)


@huey.task()
def noop(_number: int) -> None:
    tally.hit()


def send(number: int) -> None:
    noop(number)
