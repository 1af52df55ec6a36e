"""What Celery and kombu write to Redis for a task, written without them: `send_task` costs 0.3 ms each time.

Headers come from Celery itself, once for each task; the envelope is kombu's. A test holds both to what
`send_task` really writes.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from celery import Celery
from celery.utils.nodenames import anon_nodename

from app.jobs.model import Json, Message

_NO_CALLBACKS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


class Composer:
    """Of one process, since its messages name it."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._hostname = anon_nodename()
        self._reply_to = app.thread_oid
        self._headers: dict[str, Json] = {}

    def task(self, message: Message, task_id: str, priority: int) -> bytes:
        """The value that a worker pops from the queue's list."""
        args = [message.job_id, message.stage_id]
        headers = self._of(message.task) | {"id": task_id, "root_id": task_id, "argsrepr": repr(args)}
        properties = {
            "correlation_id": task_id,
            "reply_to": self._reply_to,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": message.queue},
            "priority": priority,
        }
        return _enveloped([args, {}, _NO_CALLBACKS], headers, properties)

    def _of(self, task: str) -> Json:
        if task not in self._headers:
            message = self._app.amqp.as_task_v2("", task, origin=self._hostname, ignore_result=True)
            self._headers[task] = dict(message.headers)
        return self._headers[task]


def opened(envelope: bytes) -> Message | None:
    """What was composed above; None for any other task, which only Celery can run."""
    outer = json.loads(envelope)
    args, kwargs, _ = json.loads(base64.b64decode(outer["body"]))
    if kwargs or len(args) != 2:
        return None
    delivery = outer["properties"]["delivery_info"]
    return Message(args[0], args[1], outer["headers"]["task"], delivery["routing_key"])


def _enveloped(body: Any, headers: Json, properties: Json) -> bytes:
    more = {"body_encoding": "base64", "delivery_tag": str(uuid.uuid4())}
    envelope = {
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties | more,
    }
    return json.dumps(envelope).encode()
