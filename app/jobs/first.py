"""The stages that a new job begins with, as rows."""

from __future__ import annotations

from functools import lru_cache

from app.jobs.lifecycle import StageView, settle
from app.jobs.model import JobStatus, Json, Kind, Stage, StageState


def stage_rows(kind: Kind, job: Json, at: int) -> list[Json]:
    own = {"job_id": job["id"], "owner_id": job["owner_id"], "priority": job["priority"]}
    deck, admitted = job["deck"] is not None, job["admission"] is None
    ready = {"ready_at": at, "run_at": at}
    return [
        {**row, **own, **ready} if row["state"] == "ready" else {**row, **own}
        for row in first(kind, deck, admitted)
    ]


@lru_cache(maxsize=256)
def first(kind: Kind, deck: bool, admitted: bool) -> tuple[Json, ...]:
    """The rows without what is the job's own; a batch asks ten thousand times."""
    static = [s for s in kind.stages if s.spawned_by is None and (deck or not s.of_deck)]
    views = [StageView(i, s.name, StageState.WAITING, s.after) for i, s in enumerate(static)]
    start = settle(JobStatus.QUEUED, views, admitted=admitted).stages
    made = []
    for i, stage in enumerate(static):
        state, waiting_on = start.get(i, (StageState.WAITING, 0))
        row = stage_row("", "", 0, stage, chunk=0, params={})
        row |= {"state": state.value, "waiting_on": waiting_on, "ready_at": None, "run_at": None}
        made.append(row)
    return tuple(made)


def stage_row(job_id: str, owner_id: str, priority: int, stage: Stage, *, chunk: int, params: Json) -> Json:
    """A row for a stage of the catalogue, waiting."""
    return {
        "job_id": job_id,
        "owner_id": owner_id,
        "name": stage.name,
        "chunk": chunk,
        "queue": stage.queue,
        "after": [[edge.parent, edge.required] for edge in stage.after],
        "state": StageState.WAITING.value,
        "waiting_on": 0,
        "params": params,
        "priority": priority,
    }
