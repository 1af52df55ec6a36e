"""The Celery application: routing, delivery, limits. Imports no stage, so the API can publish with it."""

from __future__ import annotations

from celery import Celery

from app.jobs.model import Catalogue
from app.settings import Settings
from app.stages.catalogue import CATALOGUE

SCHEDULE_TASK = "tasks.create_due_jobs_task"


def routes(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Task → where it goes: a message reaches its queue by this, not by its sender."""
    found = {stage.task: {"queue": stage.queue} for stage in catalogue.stages}
    return found | {SCHEDULE_TASK: {"queue": "maintenance"}}


def make_celery(settings: Settings, catalogue: Catalogue = CATALOGUE) -> Celery:
    """A configured application; `celery_worker.py` adds the tasks to it."""
    app = Celery("lectern", broker=settings.celery_broker_url, set_as_current=True)
    app.conf.update(
        result_backend=settings.celery_result_backend or None,
        task_ignore_result=True,  # results live in PostgreSQL; a result backend would only leak
        task_routes=routes(catalogue),
        task_default_queue="default",
        task_create_missing_queues=True,
        task_serializer="json",
        accept_content=["json"],
        # Both are safe behind the lease; late, with prefetch 1, a busy worker puts nothing aside
        # (docs/decisions/0004).
        task_acks_late=True,
        task_reject_on_worker_lost=False,  # it has no cap; the steward counts losses instead
        worker_prefetch_multiplier=1,
        worker_pool="workers.pool:TaskPool",
        # The child's own limits come first; these only stop a supervisor that hangs.
        task_soft_time_limit=int(settings.stage_soft_limit_s) + 60,
        task_time_limit=int(settings.stage_hard_limit_s) + 120,
        broker_transport="workers.redis_transport:Transport",
        broker_transport_options={
            # What a worker has taken it notes in its own memory, not in Redis (docs/decisions/0004).
            "ack_emulation": False,
            "socket_timeout": 15.0,  # a black-holed Redis is noticed, not waited for
            "socket_connect_timeout": 5.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker waits for Redis for as long as it takes
        broker_heartbeat=0,
        worker_send_task_events=False,  # whoever watches (Flower) turns them on; they cost as much as the job
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # the lease decides, not the broker
        # Which slots are due is the database's to say, so a restarted beat misses none and doubles none.
        beat_schedule={
            "tick": {
                "task": SCHEDULE_TASK,
                "schedule": settings.beat_tick_s,
                "options": {"expires": 2 * settings.beat_tick_s},
            }
        },
        beat_max_loop_interval=30,
        timezone="UTC",
    )
    return app
