"""RQ; results are not kept."""

import os

import redis
import tally
from rq import Queue

queue = Queue("bench", connection=redis.Redis.from_url(os.environ["BENCH_REDIS"]))


def noop(_number: int) -> None:
    tally.hit()


def send(number: int) -> None:
    queue.enqueue("peer_rq.noop", number, result_ttl=0)
