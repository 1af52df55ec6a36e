"""Dramatiq over Redis."""

import os

import dramatiq
import tally
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_REDIS"]))


@dramatiq.actor
def noop(_number: int) -> None:
    tally.hit()


def send(number: int) -> None:
    noop.send(number)
