"""Tasks of the analysis queue: each runs its stage."""

from __future__ import annotations

from celery import shared_task

from tasks.run import run


@shared_task(name="tasks.split_audio_task")
def split_audio_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.transcribe_chunk_task")
def transcribe_chunk_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.transcribe_task")
def transcribe_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.read_deck_task")
def read_deck_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.align_deck_task")
def align_deck_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)


@shared_task(name="tasks.analyze_content_task")
def analyze_content_task(job_id: str, stage_id: int) -> None:
    run(job_id, stage_id)
