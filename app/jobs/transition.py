"""The one way in which a job changes: under its row's lock, with its consequences, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from app.jobs.lifecycle import StageView, settle
from app.jobs.model import ENDED_JOB, Edge, JobStatus, Json, StageState
from app.jobs.webhooks import outbox
from app.store import files
from app.store import jobs as rows
from app.store.database import now_us


@dataclass(frozen=True)
class Change:
    """What one transition did; `announce` tells the world after the commit."""

    job_id: str
    owner_id: str
    version: int
    status: JobStatus
    ready: tuple[int, ...] = ()
    leaves_room: bool = False  # it ended, and its owner has a running limit
    group_id: str | None = None  # it ended, and was of this group


@dataclass
class Draft:
    """A locked job and what is about to happen to it."""

    job: Any
    stage_values: dict[int, Json] = field(default_factory=dict)
    job_values: Json = field(default_factory=dict)
    events: list[tuple[str, Json]] = field(default_factory=list)
    status: JobStatus | None = None

    @property
    def admission(self) -> str | None:
        known: str | None = self.job_values.get("admission", self.job.admission)
        return known

    def set_stage(self, stage_id: int, state: StageState, **values: Any) -> None:
        self.stage_values[stage_id] = {"state": state.value, **values}

    def event(self, type_: str, **data: Any) -> None:
        self.events.append((type_, data))


def views(conn: Connection, job_id: str) -> list[StageView]:
    return [
        StageView(
            id=row.id,
            name=row.name,
            state=StageState(row.state),
            after=tuple(Edge(parent, required) for parent, required in row.after),
            waiting_on=row.waiting_on,
        )
        for row in rows.stages_of(conn, job_id)
    ]


def transition(conn: Connection, draft: Draft) -> Change:
    """Apply a draft and every consequence of it. The caller holds the job's lock."""
    job_id, owner_id = draft.job.id, draft.job.owner_id
    for stage_id, values in draft.stage_values.items():
        rows.update_stage(conn, stage_id, **values)
    before = draft.status or JobStatus(draft.job.status)
    present = views(conn, job_id)
    settlement = settle(before, present, admitted=draft.admission != "waiting")
    ready = _apply(conn, draft, settlement.stages, {v.id: v for v in present})
    after = settlement.status or before
    values = dict(draft.job_values)
    values["status"] = after.value
    if after in ENDED_JOB and before not in ENDED_JOB:
        values |= {"ended_at": now_us(), "admission": None}
        _close(conn, draft, after, values)
    events = draft.events or [("job.changed", {})]
    version = rows.bump_job(conn, job_id, values, events=len(events))
    first = version - len(events) + 1
    rows.insert_events(
        conn,
        [
            {
                "job_id": job_id,
                "owner_id": owner_id,
                "version": first + offset,
                "type": type_,
                "data": {**data, "status": after.value},
                "at": now_us(),
            }
            for offset, (type_, data) in enumerate(events)
        ],
    )
    leaves_room = after in ENDED_JOB and draft.admission is not None
    ended_of = draft.job.group_id if after in ENDED_JOB and before not in ENDED_JOB else None
    return Change(job_id, owner_id, version, after, tuple(ready), leaves_room, ended_of)


def _apply(
    conn: Connection,
    draft: Draft,
    changes: Mapping[int, tuple[StageState, int]],
    present: Mapping[int, StageView],
) -> list[int]:
    ready = [i for i, values in draft.stage_values.items() if values["state"] == StageState.READY]
    for stage_id, (state, waiting_on) in changes.items():
        values: Json = {"state": state.value, "waiting_on": waiting_on}
        name = present[stage_id].name
        if state is StageState.READY:
            values |= {"ready_at": now_us(), "run_at": now_us()}
            ready.append(stage_id)
        elif state in (StageState.SKIPPED, StageState.CANCELLED):
            values |= {"ended_at": now_us()}
            draft.event(f"stage.{state.value}", stage=name)
        rows.update_stage(conn, stage_id, **values)
    return [i for i in ready if changes.get(i, (StageState.READY, 0))[0] is StageState.READY]


def _close(conn: Connection, draft: Draft, after: JobStatus, values: Json) -> None:
    errors = rows.errors_of(conn, draft.job.id)
    if after is JobStatus.FAILED:
        values["error"] = (
            errors[0].error if errors else {"code": "skipped", "message": "Nothing could be run."}
        )
    elif after is JobStatus.SUCCEEDED and errors:
        files.add_warnings(conn, draft.job.id, [row.error["message"] for row in errors])
    draft.event(f"job.{after.value}")
    outbox.job_ended(conn, draft.job, after)
