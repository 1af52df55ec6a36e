"""What beat does: make the job of each kind's present slot, once, however many beats there are."""

from __future__ import annotations

from app.jobs.platform import Platform
from app.jobs.submit import submit_scheduled

SYSTEM_OWNER = "system"


def create_due_jobs(platform: Platform) -> list[str]:
    """Ids of the new jobs; none for kinds whose slot was used already."""
    made = [
        submit_scheduled(platform, SYSTEM_OWNER, platform.catalogue.kinds[kind], period_s)
        for kind, period_s in platform.schedule.items()
    ]
    return [job_id for job_id in made if job_id is not None]
