"""What a stage that succeeded leaves: its result and rows, what it cost, its chunks, a result for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from app.jobs.first import stage_row
from app.jobs.model import Claim, Done, Json, Measure, Stage, StageState
from app.jobs.platform import Platform
from app.jobs.transition import Draft
from app.store import files, leases, results
from app.store import jobs as rows
from app.store.database import now_us


def succeed(
    platform: Platform,
    conn: Connection,
    draft: Draft,
    claim: Claim,
    outcome: Done,
    reuse_key: str | None = None,
    **values: Any,
) -> None:
    """Write it all, but for the stage's own row, which is in the draft with `values`.

    `reuse_key`: what was made is kept under it. Without one a result that was taken over is of a row that the
    caller has locked.
    """
    reused = outcome.measure.reused
    draft.set_stage(
        claim.stage_id,
        StageState.SUCCEEDED,
        result=outcome.result,
        ended_at=now_us(),
        error=None,
        **values,
    )
    draft.event("stage.succeeded", stage=claim.name, chunk=claim.chunk, reused=reused)
    measure(conn, claim, "succeeded", outcome.measure)
    named: dict[str, int] = outcome.result.get("files", {})
    files.name_stage_files(conn, claim.job_id, named, held=reused and reuse_key is None)
    platform.project(conn, claim.job_id, claim.owner_id, claim.name, outcome.result)
    if reuse_key is not None and not reused:
        results.keep(conn, reuse_key, claim.lease_id, outcome.result, list(outcome.spawn), named)
        leases.wake(conn, reuse_key)
    kind = platform.catalogue.kinds[claim.kind]
    for child in (s for s in kind.stages if s.spawned_by == claim.name):
        _spawn(conn, draft, child, outcome.spawn)


def _spawn(conn: Connection, draft: Draft, child: Stage, chunks: Sequence[Json]) -> None:
    if chunks:
        job = draft.job
        made = [
            stage_row(job.id, job.owner_id, job.priority, child, chunk=i, params=chunk)
            for i, chunk in enumerate(chunks)
        ]
        rows.insert_stages(conn, made)
        draft.event("stage.split", stage=child.name, chunks=len(chunks))


def measure(conn: Connection, claim: Claim, outcome: str, cost: Measure) -> None:
    rows.insert_metrics(
        conn,
        spent(claim, cost) | {"owner_id": claim.owner_id, "outcome": outcome, "created_at": now_us()},
    )


def spent(claim: Claim, measure: Measure) -> Json:
    return {
        "job_id": claim.job_id,
        "stage": claim.name,
        "chunk": claim.chunk,
        "processing_time": measure.processing_time,
        "cpu_time": measure.cpu_time,
        "queue_wait": claim.queue_wait_s,
        "peak_memory_usage": measure.peak_memory_usage,
        "input_bytes": measure.input_bytes,
        "output_bytes": measure.output_bytes,
        "worker": measure.worker,
        "reused": measure.reused,
    }
