"""Running limits: a job of an owner who has one waits until fewer of theirs run.

Nothing is counted up and down: who is in is read off the jobs' rows under the owner's lock, so a count
cannot drift. Other owners' jobs never wait for that lock.
"""

from __future__ import annotations

from sqlalchemy import Connection

from app.jobs.limits import AGEING_S, TIERS
from app.jobs.platform import Platform
from app.jobs.transition import Change, Draft, transition
from app.store import accounts
from app.store import admission as rows
from app.store import jobs as job_rows
from app.store.database import SECOND

WAITING, ADMITTED = "waiting", "admitted"


def admit(platform: Platform, owner_id: str) -> list[Change]:
    """Let in as many of the owner's waiting jobs as may run, the most urgent first.

    Somebody who does the same for this owner just now does it for us too, or the steward a second later.
    """
    with platform.db.read() as conn:
        if not _room(conn, owner_id, accounts.tier_of(conn, owner_id)):
            return []
    with platform.db.write() as conn:
        tier = accounts.tier_of(conn, owner_id, lock=True)
        room = _room(conn, owner_id, tier)
        waiting = rows.next_waiting(conn, owner_id, room, int(AGEING_S * SECOND))
        changes = [_admit(conn, job_id) for job_id in waiting]
    return [change for change in changes if change is not None]


def _room(conn: Connection, owner_id: str, tier: str | None) -> int:
    """How many more of the owner's waiting jobs may run; 0 also when none waits."""
    if tier is None:
        return 0
    waiting, admitted = rows.counts(conn, owner_id)
    limit = TIERS[tier].running_jobs
    return waiting if limit is None else max(0, min(waiting, limit - admitted))


def _admit(conn: Connection, job_id: str) -> Change | None:
    job = job_rows.lock_job(conn, job_id, wait=False)
    if job is None or job.admission != WAITING:
        return None
    draft = Draft(job, job_values={"admission": ADMITTED})
    draft.event("job.admitted")
    return transition(conn, draft)
