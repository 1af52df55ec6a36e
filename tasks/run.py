"""The bridge from a Celery task to the stage it names."""

from __future__ import annotations

from app.jobs.platform import Platform
from workers.onward import run_on
from workers.process import current, giving_back_on_sigterm


def run(job_id: str, stage_id: int) -> None:
    with giving_back_on_sigterm() as process:
        run_on(process, job_id, stage_id)


def platform() -> Platform:
    return current().platform
