"""Stages that became ready and whose results are kept: they end where they stand, unclaimed.

A message, a claim, a look-up and a finish for each would take several times as long as what its end writes.
Here a locked job is led on in one transaction, until there is work to be done (docs/decisions/0022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.errors import Unavailable
from app.jobs.announce import announce
from app.jobs.model import ENDED_JOB, Claim, Done, JobStatus, Json
from app.jobs.platform import Platform
from app.jobs.success import succeed
from app.jobs.transition import Change, Draft, transition
from app.store import jobs as rows
from app.store.database import AnyRow, now_us
from app.telemetry import problem

# Kept results of stages of one job whose lock is held, by their ids; none for what must be worked on.
Recall = Callable[[Connection, Sequence[Claim]], Mapping[int, Done]]

_AT_ONCE = 64  # ends in one transaction: while it is open a cancel waits, with SQLite every writer


def follow(platform: Platform, change: Change, recall: Recall) -> Change:
    """Lead the job on from what a transition has just made ready; returns what is left to be announced.

    Whatever goes wrong here, those stages are ready, and are worked on as any others.
    """
    ready: Sequence[int] = change.ready
    while ready:
        try:
            with platform.db.write() as conn:
                led = _lead(platform, conn, change.job_id, ready, recall)
        except Unavailable:
            return replace(change, ready=())  # the steward publishes them
        except Exception:  # noqa: BLE001 - by itself each is its own failure, not that of who led to it
            problem("job.follow_failed", job=change.job_id)
            return replace(change, ready=tuple(ready))
        if led is None:
            return replace(change, ready=tuple(ready))
        change, ready = led
        if ready:  # there is more than one transaction's worth
            announce(platform, change)
            change = replace(change, ready=())
    return change


def _lead(
    platform: Platform, conn: Connection, job_id: str, ready: Sequence[int], recall: Recall
) -> tuple[Change, list[int]] | None:
    """(what happened, with the stages to be worked on as `ready`; stages not looked at yet).

    None: nothing happened.
    """
    job = rows.lock_job(conn, job_id)
    if job is None or job.status != JobStatus.RUNNING:
        return None  # being cancelled, it readies nothing
    change: Change | None = None
    left, to_do, room = list(ready), [], _AT_ONCE
    while left and room > 0:
        asked, left = left[:room], left[room:]
        found = _end_known(platform, conn, job, asked, recall)
        if found is None:
            to_do += asked
            continue
        change, ended = found
        to_do += [stage_id for stage_id in asked if stage_id not in ended]
        left += change.ready
        room -= len(ended)
        if change.status in ENDED_JOB:
            break
    return None if change is None else (replace(change, ready=tuple(to_do)), left)


def _end_known(
    platform: Platform, conn: Connection, job: AnyRow, asked: Sequence[int], recall: Recall
) -> tuple[Change, set[int]] | None:
    """One transition: all of these stages whose results are kept succeed. None: there is no such stage."""
    stages = [_unclaimed(job, row) for row in rows.due(conn, asked)]
    known = recall(conn, stages)
    if not known:
        return None
    draft = Draft(job)
    for stage in stages:
        done = known.get(stage.stage_id)
        if done is not None:
            begun: Json = {"started_at": now_us(), "worker": done.measure.worker}
            succeed(platform, conn, draft, stage, done, **begun)
    return transition(conn, draft), set(draft.stage_values)


def _unclaimed(job: AnyRow, row: AnyRow) -> Claim:
    """What a claim would say of this stage; no lease, for nobody is to work on it."""
    return Claim(
        job_id=job.id,
        stage_id=row.id,
        owner_id=job.owner_id,
        kind=job.kind,
        name=row.name,
        chunk=row.chunk,
        lease_id="",
        failures=row.failures,
        losses=row.losses,
        title=job.title,
        job_params=job.params,
        stage_params=row.params,
        source=job.source,
        deck=job.deck,
        queue_wait_s=0.0,
        version=job.version,
    )
