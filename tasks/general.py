"""Tasks of the default queue: each runs its stage."""

from __future__ import annotations

from celery import shared_task

from tasks.run import run


@shared_task(name="tasks.prepare_task")
def prepare_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
