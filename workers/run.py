"""Run one stage: claim it, reuse or do its work under a kept lease, and commit what came of it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from app.errors import LecternError, StorageFull, Unavailable
from app.jobs import runs
from app.jobs.following import Recall
from app.jobs.holder import new_lease
from app.jobs.model import Claim, Done, Failed, Measure, Outcome, Snoozed, Stage
from app.jobs.platform import Platform
from app.stages import reuse
from app.storage import is_full
from app.telemetry import emit, problem
from workers.lease import LeaseKeeper
from workers.supervise import supervise

T = TypeVar("T")


@dataclass(frozen=True)
class Ended:
    """A stage that has come to its outcome, or lost its lease; the lease is kept until `commit`."""

    claim: Claim
    stage: Stage
    lease: LeaseKeeper
    key: str | None  # under which its result may be used again
    outcome: Outcome | None


def run_stage(
    platform: Platform, job_id: str, stage_id: int, *, worker: str, stopping: Callable[[], bool]
) -> None:
    """Everything between a message's arrival and its acknowledgement; never raises for a stage's fault.

    `stopping` turns true when this worker shuts down: the stage is then given back.
    """
    claim = take_up(platform, job_id, stage_id, worker)
    if claim is not None:
        commit(platform, work(platform, claim, worker, stopping))


def take_up(platform: Platform, job_id: str, stage_id: int, worker: str) -> Claim | None:
    """None: the message was a double, came too late, or the database is away.

    Asked again under the same lease when the reply is lost: the stage may be ours already.
    """
    lease_id = new_lease()
    for pause in (0.1, 0.5, 0.0):
        try:
            return runs.claim(platform, job_id, stage_id, lease_id, worker)
        except Unavailable:
            time.sleep(pause)
    return None  # still published: the steward sends it again when the database is back


def work(platform: Platform, claim: Claim, worker: str, stopping: Callable[[], bool]) -> Ended:
    """Reuse or do the stage's work under a kept lease."""
    stage = platform.catalogue.kinds[claim.kind].stage(claim.name)
    emit("stage.started", job=claim.job_id, stage=claim.name, chunk=claim.chunk)
    lease = LeaseKeeper(platform, claim)
    lease.begin()
    try:
        key, outcome = _outcome(platform, claim, stage, lease, worker, stopping)
    except BaseException:  # this process is being ended
        lease.end()
        raise
    return Ended(claim, stage, lease, key, outcome)


def commit(platform: Platform, ended: Ended) -> None:
    """Finish, unless the lease was lost on the way, and let go of it."""
    claim, outcome = ended.claim, ended.outcome
    try:
        if outcome is not None and not ended.lease.lost:
            told(ended, _commit(platform, claim, outcome, ended.key, ended.lease))
    finally:
        ended.lease.end()


def told(ended: Ended, held: bool | None) -> None:
    """`held`: the lease was still ours; None where that was never heard."""
    said = type(ended.outcome).__name__
    emit("stage.ended", job=ended.claim.job_id, stage=ended.claim.name, outcome=said, held=held)


def _outcome(
    platform: Platform,
    claim: Claim,
    stage: Stage,
    lease: LeaseKeeper,
    worker: str,
    stopping: Callable[[], bool],
) -> tuple[str | None, Outcome | None]:
    """(reuse key, outcome); no outcome when the lease was lost on the way."""
    key: str | None = None
    try:
        if not stage.heavy:
            return None, _light(platform, claim, worker)
        inputs = runs.inputs(platform, claim)
        key = reuse.key(platform.settings, claim, stage, inputs) if stage.reusable else None
        if key is not None:
            found = reuse.look(platform, claim, key, worker)
            if found is not None:
                return key, found
        return key, supervise(platform, claim, inputs, lease, worker=worker, stopping=stopping)
    except StorageFull:
        return key, _no_room(platform, claim)
    except Unavailable:
        return key, Snoozed(delay_s=5.0)
    except OSError as error:
        if is_full(error):
            return key, _no_room(platform, claim)
        return key, _crashed(claim, error, worker)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the stage's outcome
        return key, _crashed(claim, error, worker)


def _crashed(claim: Claim, error: Exception, worker: str) -> Failed:
    problem("stage.crashed", job=claim.job_id, stage=claim.name)
    return Failed(
        code="internal_error",
        message=f"Lectern itself failed in the step “{claim.name}”.",
        retryable=True,
        traceback="".join(traceback.format_exception(error)),
        measure=Measure(worker=worker),
    )


def _no_room(platform: Platform, claim: Claim) -> Snoozed:
    """No attempt of the stage's is used up: it waits until somebody has made room."""
    emit("storage.full", job=claim.job_id, stage=claim.name)
    return Snoozed(delay_s=platform.settings.lease_s)


def _light(platform: Platform, claim: Claim, worker: str) -> Outcome:
    began, cpu = time.monotonic(), time.thread_time()
    try:
        result = platform.chores[claim.name](platform)
    except StorageFull:
        raise
    except LecternError as error:
        return Failed(error.code, error.message, error.retryable)
    spent = Measure(time.monotonic() - began, time.thread_time() - cpu, worker=worker)
    return Done(result, spent)


def _commit(
    platform: Platform, claim: Claim, outcome: Outcome, key: str | None, lease: LeaseKeeper
) -> bool | None:
    """Finish; an outcome that the database refuses is the stage's own failure, with a reason to read."""
    try:
        recall = _recall(platform, outcome)
        return _insist(lambda: runs.finish(platform, claim, outcome, reuse_key=key, recall=recall), lease)
    except Exception as error:  # noqa: BLE001 - else the stage would run again until its losses are used up
        problem("stage.outcome_refused", job=claim.job_id, stage=claim.name)
        message = f"The result of the step “{claim.name}” could not be stored."
        refused = Failed("result_refused", message, retryable=True, traceback=type(error).__name__)
        return _insist(lambda: runs.finish(platform, claim, refused, reuse_key=key), lease)


def _recall(platform: Platform, outcome: Outcome) -> Recall | None:
    """After a result that was taken over: how to find those of the stages that follow."""
    if isinstance(outcome, Done) and outcome.measure.reused:
        return partial(reuse.recall, platform, worker=outcome.measure.worker)
    return None


def _insist(commit: Callable[[], T], lease: LeaseKeeper) -> T | None:
    """Repeat an idempotent commit while the database is away and the lease may still be ours."""
    pause = 0.2
    while True:
        try:
            return commit()
        except Unavailable:
            if lease.lost:
                return None
            time.sleep(pause)
            pause = min(2.0, pause * 2)
