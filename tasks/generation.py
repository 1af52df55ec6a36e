"""Tasks of the generation queue: each runs its stage."""

from __future__ import annotations

from celery import shared_task

from tasks.run import run


@shared_task(name="tasks.generate_pdf_task")
def generate_pdf_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.generate_captions_task")
def generate_captions_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.generate_study_guide_task")
def generate_study_guide_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
