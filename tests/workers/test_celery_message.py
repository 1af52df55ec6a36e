"""What is written past Celery is what Celery would have written."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from app.jobs.model import Message
from tests.conftest import settings_for
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

AHEAD = Message("job_1", 7, "tasks.prepare_task", "default")
_TASK_IDS = {"id", "root_id", "correlation_id", "delivery_tag"}


def plain(value: Any) -> Any:
    """The envelope opened, its identifiers left out but for their type."""
    if isinstance(value, dict):
        opened = {k: plain(v) for k, v in value.items()}
        if opened.get("properties", {}).get("body_encoding") == "base64":
            opened["body"] = plain(json.loads(base64.b64decode(value["body"])))
        return {k: type(v) if k in _TASK_IDS else v for k, v in opened.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("message", [AHEAD, replace(AHEAD, behind=True)], ids=["ahead", "behind"])
def test_message_is_that_of_send_task(tmp_path: Path, redis_url: str, message: Message) -> None:
    environ = {"USE_CELERY": "true", "DATABASE_URL": "postgresql://x/y", "REDIS_URL": redis_url}
    app = make_celery(settings_for(tmp_path, **environ))
    client = redis.Redis.from_url(redis_url)
    try:
        priority = 9 if message.behind else 0
        app.send_task(message.task, args=["job_1", 7], queue="default", ignore_result=True, priority=priority)
        (key,) = (name for name in client.keys("default*"))
        CeleryQueue(app).publish([message])
        ours, celerys = (plain(json.loads(raw)) for raw in client.lrange(key, 0, -1))
        assert ours == celerys
    finally:
        client.close()
        app.close()
