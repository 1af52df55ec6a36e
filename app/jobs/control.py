"""What an owner may do to a job after submitting it: cancel, retry, delete."""

from __future__ import annotations

from sqlalchemy import Connection

from app.errors import Conflict, NotFound, Unavailable
from app.jobs.admission import WAITING
from app.jobs.announce import announce, let_in
from app.jobs.lifecycle import restart
from app.jobs.limits import LIMITED
from app.jobs.model import ENDED_JOB, JobStatus, StageState
from app.jobs.platform import Platform
from app.jobs.status import key, progress_key
from app.jobs.transition import Draft, transition, views
from app.store import accounts, groups
from app.store import jobs as rows
from app.store.database import AnyRow


def _owned(conn: Connection, owner_id: str, job_id: str) -> AnyRow:
    job = rows.lock_job(conn, job_id)
    if job is None or job.owner_id != owner_id:
        raise NotFound("There is no such job.")
    return job


def cancel(platform: Platform, owner_id: str, job_id: str) -> JobStatus:
    """End waiting stages at once; running ones are killed at their next heartbeat.

    Cancelling twice is no error; an ended job raises Conflict.
    """
    with platform.db.write() as conn:
        job = _owned(conn, owner_id, job_id)
        status = JobStatus(job.status)
        if status is JobStatus.CANCELLING:
            return status
        if status in ENDED_JOB:
            raise Conflict(f"This job has already ended ({status.value}).")
        draft = Draft(job, status=JobStatus.CANCELLING)
        draft.event("job.cancelling")
        change = transition(conn, draft)
    announce(platform, change)
    return change.status


def retry(platform: Platform, owner_id: str, job_id: str) -> JobStatus:
    """Run an ended job again from where it failed; finished stages are kept."""
    with platform.db.write() as conn:
        job = _owned(conn, owner_id, job_id)
        if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            raise Conflict(f"Only a failed or cancelled job can be retried; this one is {job.status}.")
        if job.group_id is not None:
            groups.join(conn, job.group_id, owner_id)  # it has not ended, again
        draft = Draft(job, status=JobStatus.QUEUED)
        draft.job_values = {"error": None, "ended_at": None, "warnings": rows.kept_warnings(conn, job_id)}
        limited = bool(accounts.limited(conn, [owner_id], LIMITED))
        if limited:
            draft.job_values["admission"] = WAITING  # in line again, like any other
        for stage_id in restart(views(conn, job_id)):
            draft.set_stage(
                stage_id,
                StageState.WAITING,
                failures=0,
                losses=0,
                error=None,
                lease_id=None,
                started_at=None,
                ended_at=None,
            )
        draft.event("job.retried")
        change = transition(conn, draft)
    announce(platform, change)
    if limited:
        let_in(platform, owner_id)
    return change.status


def delete(platform: Platform, owner_id: str, job_id: str) -> None:
    """Forget an ended job and all that it made. A live one raises Conflict: cancel it first."""
    with platform.db.write() as conn:
        job = _owned(conn, owner_id, job_id)
        if job.status not in ENDED_JOB:
            raise Conflict("A job that has not ended cannot be deleted; cancel it first.")
        rows.delete_job(conn, job_id)
    forget(platform, job_id)


def forget(platform: Platform, job_id: str) -> None:
    """Drop what the cache knows of a deleted job."""
    try:
        platform.cache.delete(key(job_id), progress_key(job_id))
    except Unavailable:
        return  # the entry expires by itself; readers may see the ended job until then
