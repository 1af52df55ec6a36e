"""A stage's run: claim → heartbeat → finish, fenced by the lease that the claimer made."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from app.jobs import limits
from app.jobs.announce import announce, announce_all
from app.jobs.claiming import claim as claim
from app.jobs.epitaph import epitaph
from app.jobs.following import Recall, follow
from app.jobs.model import (
    Claim,
    Done,
    Failed,
    JobStatus,
    Json,
    Outcome,
    Snoozed,
    StageState,
    Stopped,
)
from app.jobs.platform import Platform
from app.jobs.success import measure, spent, succeed
from app.jobs.transition import Change, Draft, transition
from app.store import hot, leases, results
from app.store import jobs as rows
from app.store.database import SECOND, AnyRow, now_us
from app.telemetry import emit


def heartbeat(platform: Platform, claim: Claim) -> JobStatus | None:
    """Keep the lease; None: it was lost, what runs must stop and its result will be refused."""
    with platform.db.write() as conn:
        lease_us = int(platform.settings.lease_s * SECOND)
        status = leases.heartbeat(conn, claim.stage_id, claim.lease_id, lease_us)
    return None if status is None else JobStatus(status)


def inputs(platform: Platform, claim: Claim) -> dict[str, list[Json]]:
    """Results of the stages that this one waits for, by name, chunks in order."""
    stage = platform.catalogue.kinds[claim.kind].stage(claim.name)
    with platform.db.read() as conn:
        return rows.results_of(conn, claim.job_id, [edge.parent for edge in stage.after])


def finish(
    platform: Platform,
    claim: Claim,
    outcome: Outcome,
    *,
    reuse_key: str | None = None,
    recall: Recall | None = None,
) -> bool:
    """Commit what a run came to, with all its consequences; False if the lease is no longer ours.

    Stages that it makes ready, and for which `recall` has a result, end right away. Repeating a finish that
    was committed but whose reply was lost does nothing and returns True.
    """
    if reuse_key is None and finish_together(platform, [(claim, outcome)]):
        return True
    with platform.db.write() as conn:
        job = rows.lock_job(conn, claim.job_id)
        stage = rows.stage(conn, claim.stage_id, lock=True) if job is not None else None
        if job is None or stage is None or stage.lease_id != claim.lease_id:
            emit("stage.finish_refused", job=claim.job_id, stage=claim.name, lease=claim.lease_id)
            return False
        if stage.state != StageState.RUNNING:
            return True  # this lease has finished it before
        change = _finish(platform, conn, Draft(job), stage, claim, outcome, reuse_key)
    if recall is not None:
        change = follow(platform, change, recall)
    announce(platform, change)
    return True


def finish_together(platform: Platform, ends: Sequence[tuple[Claim, Outcome]]) -> set[int]:
    """Commit the simplest ends in one statement: each a job's only stage that leaves nothing but its result.

    Returns the ids of the stages that are done with; to the others nothing was done, `finish` decides.
    """
    direct = platform.db.direct
    simple = {c.stage_id: (c, o) for c, o in ends if isinstance(o, Done) and _is_simple(platform, c, o)}
    if direct is None or not simple:
        return set()
    found = hot.finish(
        direct,
        [
            spent(claim, outcome.measure)
            | {"lease_id": claim.lease_id, "stage_id": claim.stage_id, "result": outcome.result}
            for claim, outcome in simple.values()
        ],
    )
    announce_all(
        platform,
        [
            Change(c.job_id, c.owner_id, e.version, JobStatus.SUCCEEDED, (), e.leaves_room, e.group_id)
            for c, e in ((simple[stage_id][0], ended) for stage_id, ended in found.items())
        ],
    )
    return set(found)


def _is_simple(platform: Platform, claim: Claim, outcome: Done) -> bool:
    alone = len(platform.catalogue.kinds[claim.kind].stages) == 1
    plain = not outcome.spawn and not outcome.result.get("files")
    return alone and plain and claim.name not in platform.projectors


def _finish(
    platform: Platform,
    conn: Connection,
    draft: Draft,
    stage: AnyRow,
    claim: Claim,
    outcome: Outcome,
    reuse_key: str | None,
) -> Change:
    cancelling = draft.job.status == JobStatus.CANCELLING
    about = {"stage": claim.name, "chunk": claim.chunk}
    if isinstance(outcome, Done):
        succeed(platform, conn, draft, claim, outcome, reuse_key)
    elif cancelling:
        draft.set_stage(stage.id, StageState.CANCELLED, ended_at=now_us())
        draft.event("stage.cancelled", **about)
    elif isinstance(outcome, Failed):
        _fail(platform, conn, draft, stage, claim, outcome)
    elif isinstance(outcome, Snoozed):
        made = reuse_key is not None and results.is_kept(conn, reuse_key)  # while we went to sleep
        _later(draft, stage, 0.0 if made else outcome.delay_s, awaits_key=reuse_key)
        draft.event("stage.snoozed", **about)
    elif isinstance(outcome, Stopped):
        _later(draft, stage, 0.0)
        draft.event("stage.released", **about)
    if reuse_key is not None and not isinstance(outcome, Done):
        results.give_up(conn, reuse_key, claim.lease_id)
        if not isinstance(outcome, Snoozed):
            leases.wake(conn, reuse_key)
    return transition(conn, draft)


def _fail(
    platform: Platform, conn: Connection, draft: Draft, stage: AnyRow, claim: Claim, outcome: Failed
) -> None:
    failures = stage.failures + 1
    message = storable(outcome.message)
    error = epitaph(outcome.code, message, claim.name, storable(outcome.traceback), storable(outcome.log))
    about: dict[str, Any] = {"stage": claim.name, "chunk": claim.chunk, "message": message}
    measure(conn, claim, "failed", outcome.measure)
    if outcome.retryable and failures < platform.settings.max_failures:
        delay = limits.backoff_s(failures, platform.settings.backoff_base_s, random.random())  # noqa: S311
        _later(draft, stage, delay, failures=failures, error=error)
        draft.event("stage.retrying", **about, failures=failures, delay_s=round(delay, 1))
    else:
        draft.set_stage(stage.id, StageState.FAILED, failures=failures, error=error, ended_at=now_us())
        draft.event("stage.failed", **about, failures=failures)


def storable(text: str) -> str:
    """Text from a dying process as every database can keep it: no NUL, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _later(draft: Draft, stage: AnyRow, delay_s: float, **values: Any) -> None:
    """Back to ready, from `delay_s` on; the lease is gone, so a late finish is refused."""
    run_at = now_us() + int(delay_s * SECOND)
    draft.set_stage(
        stage.id, StageState.READY, run_at=run_at, ready_at=run_at, lease_id=None, lease_until=None, **values
    )


def lost(platform: Platform, conn: Connection, job: AnyRow, stage: AnyRow, pause_s: float = 0.0) -> Change:
    """The worker died: counted apart from failures. The caller holds the job's lock.

    The stage may run again after `pause_s`.
    """
    draft = Draft(job)
    losses = stage.losses + 1
    about = {"stage": stage.name, "chunk": stage.chunk, "losses": losses}
    if job.status == JobStatus.CANCELLING:
        draft.set_stage(stage.id, StageState.CANCELLED, losses=losses, ended_at=now_us())
        draft.event("stage.cancelled", **about)
    elif losses >= platform.settings.max_losses:
        message = f"The worker died {losses} times while it worked on this step."
        error = epitaph("worker_lost", message, stage.name)
        draft.set_stage(stage.id, StageState.FAILED, losses=losses, error=error, ended_at=now_us())
        draft.event("stage.failed", **about, message=message)
    else:
        _later(draft, stage, pause_s, losses=losses)
        draft.stage_values[stage.id]["ready_at"] = stage.ready_at  # it has stood in line already
        draft.event("stage.lost", **about)
    return transition(conn, draft)
