"""What beat does: make the job of a kind's present slot, once, however many beats there are."""

from __future__ import annotations

from app.jobs.platform import Platform
from app.jobs.submit import submit_scheduled
from app.stages.catalogue import SCHEDULE_S

SYSTEM_OWNER = "system"


def create_scheduled_job(platform: Platform, kind: str) -> str | None:
    """The new job's id; None when the slot was used already."""
    return submit_scheduled(platform, SYSTEM_OWNER, platform.catalogue.kinds[kind], SCHEDULE_S[kind])
