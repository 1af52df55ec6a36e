"""Publishing while Redis is away must cost a request next to nothing."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from celery import Celery

from app.errors import Unavailable
from app.jobs.model import Message
from tests.conftest import settings_for
from tests.stack import free_port
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

MESSAGE = Message("job_1", 1, "tasks.prepare_task", "default")


def queue(tmp_path: Path, port: int) -> CeleryQueue:
    return queue_at(tmp_path, f"redis://127.0.0.1:{port}/0")


def queue_at(tmp_path: Path, url: str) -> CeleryQueue:
    return CeleryQueue(app_at(tmp_path, url))


def app_at(tmp_path: Path, url: str) -> Celery:
    environ = {"USE_CELERY": "true", "DATABASE_URL": "postgresql://x/y", "REDIS_URL": url}
    return make_celery(settings_for(tmp_path, **environ))


def refused_within(seconds: float, tried: CeleryQueue) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        tried.publish([MESSAGE])
    assert time.monotonic() - began < seconds


def test_a_dead_broker_is_noticed_at_once_and_then_left_alone(tmp_path: Path) -> None:
    tried = queue(tmp_path, free_port())
    refused_within(1.5, tried)
    refused_within(0.05, tried)
    with pytest.raises(Unavailable):
        tried.depth("default")


def test_a_black_hole_costs_the_time_out_and_no_more(tmp_path: Path) -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        refused_within(2.0, queue(tmp_path, hole.getsockname()[1]))


def test_what_is_published_lies_in_its_queue(tmp_path: Path, redis_url: str) -> None:
    sent = queue_at(tmp_path, redis_url)
    sent.publish([MESSAGE, MESSAGE])
    assert sent.depth("default") == 2
    assert sent.depth("analysis") == 0


def test_what_goes_behind_is_taken_after_all_others(tmp_path: Path, redis_url: str) -> None:
    """By kombu itself, as a worker takes it."""
    app = app_at(tmp_path, redis_url)
    sent = CeleryQueue(app)
    sent.publish([replace(MESSAGE, stage_id=i, behind=i < 3) for i in range(5)])
    assert sent.depth("default") == 5
    with app.connection_for_read() as connection:
        simple = connection.SimpleQueue("default")
        taken = [simple.get(block=True, timeout=5) for _ in range(5)]
        for message in taken:
            message.ack()
        simple.close()
    assert [message.payload[0][1] for message in taken] == [3, 4, 0, 1, 2]


def test_what_was_taken_and_not_acknowledged_goes_back_to_its_list(tmp_path: Path, redis_url: str) -> None:
    """With the connection that took it; until then Redis knows nothing of it."""
    app = app_at(tmp_path, redis_url)
    sent = CeleryQueue(app)
    sent.publish([replace(MESSAGE, behind=True)])
    with app.connection_for_read() as connection:
        simple = connection.SimpleQueue("default")
        simple.get(block=True, timeout=5)
        client = redis.Redis.from_url(redis_url)
        assert not client.exists("unacked", "unacked_index", "default\x06\x169")
    assert client.llen("default\x06\x169") == 1
    client.close()
