"""Publishes stages through Celery, with short time-outs: a dead Redis must not hold up a request."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import redis
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.errors import Unavailable
from app.jobs.model import Message

# kombu's Redis transport keeps a list for each priority, and empties 0 first.
_BEHIND, _SEPARATOR = 9, "\x06\x16"
_REST_S = 3.0  # after a failure the broker is left alone for so long; the steward sends later


class CeleryQueue:
    def __init__(self, app: Celery, *, timeout_s: float = 0.5) -> None:
        self._app = app
        self._options = {
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "retry": Retry(NoBackoff(), 0),
        }
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._redis: redis.Redis | None = None
        self._resting_until = 0.0

    def publish(self, messages: Sequence[Message]) -> None:
        """Send each message to its task's queue. Raises Unavailable; some may have been sent by then."""
        self._check_rest()  # first without the lock, which somebody may hold while Redis times out
        with self._lock:
            self._check_rest()
            try:
                producer = self._app.amqp.Producer(self._open(), auto_declare=False)
                for message in messages:
                    self._app.send_task(
                        message.task,
                        args=[message.job_id, message.stage_id],
                        producer=producer,
                        queue=message.queue,
                        priority=_BEHIND if message.behind else 0,
                        ignore_result=True,
                        retry=False,
                    )
            except (OperationalError, redis.RedisError, OSError) as error:
                self._fail()
                raise Unavailable("The queue cannot be reached just now.") from error

    def depth(self, queue: str) -> int:
        """Length of the queue's Redis lists: one for what goes ahead, one for what goes behind."""
        self._check_rest()
        with self._lock:
            self._check_rest()
            try:
                if self._redis is None:
                    self._redis = redis.Redis.from_url(self._app.conf.broker_url, **self._options)
                return sum(int(self._redis.llen(name)) for name in (queue, f"{queue}{_SEPARATOR}{_BEHIND}"))
            except redis.RedisError as error:
                self._fail()
                raise Unavailable("The queue cannot be reached just now.") from error

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._app.connection_for_write(
                # kombu's own retries would hold the caller for seconds
                transport_options={
                    **self._app.conf.broker_transport_options,
                    **self._options,
                    "max_retries": 0,
                }
            )
        return self._connection

    def _check_rest(self) -> None:
        if time.monotonic() < self._resting_until:
            raise Unavailable("The queue cannot be reached just now.")

    def _fail(self) -> None:
        self._resting_until = time.monotonic() + _REST_S
        if self._connection is not None:
            self._connection.release()  # type: ignore[no-untyped-call]
            self._connection = None
