"""The bridge from a Celery task to the stage it names."""

from __future__ import annotations

from app.jobs.platform import Platform
from workers.process import current, giving_back_on_sigterm
from workers.run import run_stage


def run(job_id: str, stage_id: int) -> None:
    with giving_back_on_sigterm() as process:
        run_stage(process.platform, job_id, stage_id, worker=process.name, stopping=process.stopping.is_set)


def platform() -> Platform:
    return current().platform
