"""Publishes stages to Celery's queues, with short time-outs: a dead Redis must not hold up a request."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import redis
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.cache.wire import Wire
from app.errors import Unavailable
from app.jobs.model import Message
from workers.celery_message import Composer, opened

# kombu's Redis transport keeps a list for each priority, and empties 0 first.
_BEHIND, _SEPARATOR = 9, "\x06\x16"
_POP = """
for _, key in ipairs(KEYS) do
  local envelope = redis.call('RPOP', key)
  if envelope then return {key, envelope} end
end
"""
T = TypeVar("T")
_REST_S = 3.0  # after a failure the broker is left alone for so long; the steward sends later


class CeleryQueue:
    """Of one process: make it after the fork."""

    def __init__(self, app: Celery, *, timeout_s: float = 0.5) -> None:
        url = _client_url(app.conf.broker_url)
        self._wire = Wire(url, timeout_s=timeout_s)
        self._redis = redis.Redis.from_url(
            url,
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

    def take(self, queue: str, tasks: Collection[str]) -> Message | None:
        """The message that Celery would take next from this queue, if it is of one of these tasks.

        It is in nobody's hands then but the caller's. Raises Unavailable.
        """

        def pop() -> Message | None:
            found = self._wire.ask("EVAL", _POP, 2, _list(queue, 0), _list(queue, _BEHIND))
            if not found:
                return None
            key, envelope = found
            message = opened(envelope)
            if message is not None and message.task in tasks:
                return message
            self._wire.ask("RPUSH", key, envelope)
            return None

        return self._call(pop)

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
