"""Tasks of the extraction queue: each runs its stage."""

from __future__ import annotations

from celery import shared_task

from tasks.run import run


@shared_task(name="tasks.extract_slides_task")
def extract_slides_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
