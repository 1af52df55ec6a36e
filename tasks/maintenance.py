"""Tasks of the maintenance queue: scheduled jobs and the tick that makes them."""

from __future__ import annotations

from celery import shared_task

from app.stages.schedule import create_due_jobs
from tasks.run import platform, run


@shared_task(name="tasks.create_due_jobs_task")
def create_due_jobs_task() -> None:
    create_due_jobs(platform())


@shared_task(name="tasks.cleanup_task")
def cleanup_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.health_check_task")
def health_check_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.collect_statistics_task")
def collect_statistics_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
