"""Publishes stages to Celery's queues, with short time-outs: a dead Redis must not hold up a request."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import TypeVar

import redis
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.errors import Unavailable
from app.jobs.model import Message
from workers.celery_message import Composer

# kombu's Redis transport keeps a list for each priority, and empties 0 first.
_BEHIND, _SEPARATOR = 9, "\x06\x16"
T = TypeVar("T")
_REST_S = 3.0  # after a failure the broker is left alone for so long; the steward sends later


class CeleryQueue:
    """Of one process: make it after the fork."""

    def __init__(self, app: Celery, *, timeout_s: float = 0.5) -> None:
        self._redis = redis.Redis.from_url(
            _client_url(app.conf.broker_url),
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
        self._composer = Composer(app)
        self._resting_until = 0.0

    def publish(self, messages: Sequence[Message]) -> None:
        """Send the messages in one round trip. Raises Unavailable; some may have been sent."""

        def send() -> None:
            with self._redis.pipeline(transaction=False) as pipe:
                for message in messages:
                    priority = _BEHIND if message.behind else 0
                    envelope = self._composer.task(message, str(uuid.uuid4()), priority)
                    pipe.lpush(_list(message.queue, priority), envelope)
                pipe.execute()

        self._call(send)

    def depth(self, queue: str) -> int:
        """Length of the queue's Redis lists: one for what goes ahead, one for what goes behind."""
        return self._call(lambda: sum(int(self._redis.llen(_list(queue, p))) for p in (0, _BEHIND)))

    def _call(self, operation: Callable[[], T]) -> T:
        if time.monotonic() < self._resting_until:
            raise Unavailable("The queue cannot be reached just now.")
        try:
            return operation()
        except (redis.RedisError, OSError) as error:
            self._resting_until = time.monotonic() + _REST_S
            raise Unavailable("The queue cannot be reached just now.") from error


def _list(queue: str, priority: int) -> str:
    return f"{queue}{_SEPARATOR}{priority}" if priority else queue


def _client_url(broker_url: str) -> str:
    """The broker's URL as redis-py takes it; only for a socket does kombu spell it otherwise."""
    return broker_url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
