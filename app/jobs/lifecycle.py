"""How the stages of one job move each other: pure, total, and the only place where it is decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.jobs.model import ENDED_JOB, ENDED_STAGE, JOB_MOVES, Edge, JobStatus, StageState


@dataclass(frozen=True)
class StageView:
    """A stage row as far as its neighbours care."""

    id: int
    name: str
    state: StageState
    after: tuple[Edge, ...]
    waiting_on: int = 0


@dataclass(frozen=True)
class Settlement:
    """What has to change: stage id → (state, waiting_on), and the job's status (None: as it is)."""

    stages: Mapping[int, tuple[StageState, int]]
    status: JobStatus | None


def settle(status: JobStatus, stages: Iterable[StageView], *, admitted: bool = True) -> Settlement:
    """Carry every consequence of the stages' present states to its end.

    Waiting stages whose parents have all ended become ready, or are skipped if a required parent did
    not succeed. Under a cancel whatever does not run yet ends at once. Until the job is admitted its
    stages stay as they are. It ends when nothing is live any more: it succeeded if every stage that
    nothing waits for did.
    """
    views = {view.id: view for view in stages}
    state = {view.id: view.state for view in views.values()}
    by_name: dict[str, list[int]] = defaultdict(list)
    for view in views.values():
        by_name[view.name].append(view.id)
    pending = {view.id: view.waiting_on for view in views.values()}

    changed = admitted or status is JobStatus.CANCELLING
    while changed:
        changed = False
        for view in views.values():
            new = _next(status, view, state, by_name, pending)
            if new is not state[view.id]:
                state[view.id] = new
                changed = True

    changes = {
        view.id: (state[view.id], pending[view.id])
        for view in views.values()
        if state[view.id] is not view.state or pending[view.id] != view.waiting_on
    }
    end = _job_end(status, views, state)
    if end is not None and end not in JOB_MOVES[status]:
        raise AssertionError(f"illegal move of a job: {status} → {end}")
    return Settlement(changes, end)


def _next(
    status: JobStatus,
    view: StageView,
    state: Mapping[int, StageState],
    by_name: Mapping[str, list[int]],
    pending: dict[int, int],
) -> StageState:
    now = state[view.id]
    if status is JobStatus.CANCELLING:
        pending[view.id] = 0
        not_running = now in (StageState.WAITING, StageState.READY, StageState.PUBLISHED)
        return StageState.CANCELLED if not_running else now
    if now is not StageState.WAITING:
        pending[view.id] = 0
        return now
    open_parents, dead = 0, False
    for edge in view.after:
        for parent in by_name.get(edge.parent, ()):
            if state[parent] not in ENDED_STAGE:
                open_parents += 1
            elif edge.required and state[parent] is not StageState.SUCCEEDED:
                dead = True
    pending[view.id] = 0 if dead else open_parents
    if dead:
        return StageState.SKIPPED
    return StageState.READY if open_parents == 0 else StageState.WAITING


def _job_end(
    status: JobStatus, views: Mapping[int, StageView], state: Mapping[int, StageState]
) -> JobStatus | None:
    if status in ENDED_JOB or any(s not in ENDED_STAGE for s in state.values()):
        return None
    if status is JobStatus.CANCELLING:
        return JobStatus.CANCELLED
    parents = {edge.parent for view in views.values() for edge in view.after}
    goals = [view.id for view in views.values() if view.name not in parents]
    ok = all(state[g] is StageState.SUCCEEDED for g in goals)
    return JobStatus.SUCCEEDED if ok else JobStatus.FAILED


def restart(stages: Iterable[StageView]) -> Mapping[int, StageState]:
    """Retry of an ended job: what succeeded stays, all else waits again (then `settle`)."""
    return {v.id: StageState.WAITING for v in stages if v.state is not StageState.SUCCEEDED}
