"""The routes of queues and workers."""

from __future__ import annotations

from app.http import schemas_operating as s
from app.http.operation import Operation

OPERATING: tuple[Operation, ...] = (
    Operation(
        "queues.index",
        "get",
        "/api/queues",
        "How full each queue is, and who serves it (scope admin)",
        {200: ("By name", s.QueueList)},
        (403,),
    ),
    Operation(
        "queues.pause",
        "post",
        "/api/queues/{name}/pause",
        "Start nothing more of a queue; what runs goes on (scope admin)",
        {200: ("The queue", s.QueueDocument)},
        (403, 404),
    ),
    Operation(
        "queues.resume",
        "post",
        "/api/queues/{name}/resume",
        "Let a paused queue go on (scope admin)",
        {200: ("The queue", s.QueueDocument)},
        (403, 404),
    ),
    Operation(
        "workers.list_workers",
        "get",
        "/api/workers",
        "Living workers (scope admin)",
        {200: ("By name", s.WorkerList)},
        (403,),
    ),
    Operation(
        "workers.drain",
        "post",
        "/api/workers/{name}/drain",
        "Let a worker end what it runs, take nothing new, and exit (scope admin)",
        {202: ("It hears of it within seconds", s.Draining)},
        (403, 404, 409),
    ),
)
