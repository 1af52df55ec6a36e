"""Tasks of the extraction queue: each runs its stage."""

from __future__ import annotations

from celery import shared_task

from tasks.run import run


@shared_task(name="tasks.split_video_task")
def split_video_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.extract_part_task")
def extract_part_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.extract_slides_task")
def extract_slides_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.read_slides_task")
def read_slides_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.match_deck_task")
def match_deck_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
