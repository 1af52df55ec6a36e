"""What a job is made of: kinds, stages, edges, states and the legal moves between them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
PRIORITIES = {"low": 0, "normal": 1, "high": 2, "critical": 3}
PRIORITY_NAMES = {value: name for name, value in PRIORITIES.items()}


class JobStatus(StrEnum):
    QUEUED = "queued"  # no stage was claimed yet; the first claim moves it on
    RUNNING = "running"  # the finish of the last stage, or a cancel, moves it on
    CANCELLING = "cancelling"  # running stages are being stopped; the last of them moves it on
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StageState(StrEnum):
    WAITING = "waiting"  # for its parents; `settle` moves it on
    READY = "ready"  # may be published at run_at; submitter or steward moves it on
    PUBLISHED = "published"  # a message is (or was) under way; a claim moves it on
    RUNNING = "running"  # held under a lease; its finish, or the steward when the lease ends, moves it on
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # a parent that it needs is dead
    CANCELLED = "cancelled"


ENDED_JOB = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})
ENDED_STAGE = frozenset({StageState.SUCCEEDED, StageState.FAILED, StageState.SKIPPED, StageState.CANCELLED})

JOB_MOVES: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset(  # succeeded: the retry of a cancelled job whose stages had all finished
        {JobStatus.RUNNING, JobStatus.CANCELLING, JobStatus.CANCELLED, JobStatus.FAILED, JobStatus.SUCCEEDED}
    ),
    JobStatus.RUNNING: frozenset(
        {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLING, JobStatus.CANCELLED}
    ),
    JobStatus.CANCELLING: frozenset({JobStatus.CANCELLED}),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),  # retry
    JobStatus.CANCELLED: frozenset({JobStatus.QUEUED}),  # retry
}


@dataclass(frozen=True)
class Edge:
    """A stage waits for every stage named `parent`; a dead one skips it only if required."""

    parent: str
    required: bool = True


@dataclass(frozen=True)
class Stage:
    """One step of a kind, as the catalogue states it."""

    name: str
    queue: str
    after: tuple[Edge, ...] = ()
    heavy: bool = True  # runs in a child process with limits; light ones run inside the task
    spawned_by: str | None = None  # a chunk stage: rows appear when that stage finishes
    code_version: int = 1  # part of the reuse key: raise it when the stage's output changes
    reusable: bool = True
    depends: tuple[str, ...] = ()  # parameters, settings, "title", "has_deck": what changes its result
    weight: float = 1.0  # share of the job's progress bar
    of_deck: bool = False  # exists only in jobs with a deck
    reads_deck: bool = False  # its result depends on the deck's content in place of the recording's
    reports: bool = False  # says often how far it is: silence for `stage_silence_s` means that it hangs
    loads_model: bool = False  # models map far more memory than they touch: no limit on addresses
    patient: bool = False  # leaves the processor to whatever else runs on the machine

    @property
    def task(self) -> str:
        return f"tasks.{self.name}_task"


@dataclass(frozen=True)
class Kind:
    """What can be submitted: its stages and the check of its parameters.

    `check` returns the parameters completed with defaults or raises BadInput naming the field.
    """

    name: str
    stages: tuple[Stage, ...]
    check: Callable[[Json], Json]
    needs_source: bool = True
    takes_deck: bool = False
    internal: bool = False  # only the schedule may submit it

    def stage(self, name: str) -> Stage:
        return next(s for s in self.stages if s.name == name)


@dataclass(frozen=True)
class Catalogue:
    kinds: Mapping[str, Kind]

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(stage for kind in self.kinds.values() for stage in kind.stages)

    @property
    def queues(self) -> frozenset[str]:
        return frozenset(stage.queue for stage in self.stages)


@dataclass(frozen=True)
class Measure:
    """What a run cost: seconds of wall and processor time, bytes of memory, input and output."""

    processing_time: float = 0.0
    cpu_time: float = 0.0
    peak_memory_usage: int = 0
    input_bytes: int = 0
    output_bytes: int = 0
    worker: str = ""
    reused: bool = False


# ------------------------------------------------------------------------- outcomes of a stage's run
@dataclass(frozen=True)
class Done:
    """It worked. `spawn` holds the parameters of each chunk that a splitting stage found."""

    result: Json
    measure: Measure = field(default_factory=Measure)
    spawn: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Failed:
    """The stage's own fault; counted, and retried only when that can help."""

    code: str
    message: str
    retryable: bool
    traceback: str = ""
    log: str = ""  # the last that it said on standard error
    measure: Measure = field(default_factory=Measure)


@dataclass(frozen=True)
class Snoozed:
    """Nothing failed: what it needs (a shared result, a model slot) is not free yet."""

    delay_s: float


@dataclass(frozen=True)
class Stopped:
    """Ended by a cancel (the job is cancelling) or by the worker's own shutdown (it will run again)."""


Outcome = Done | Failed | Snoozed | Stopped


@dataclass(frozen=True)
class Claim:
    """A stage held by this worker until `lease_until` (database clock, microseconds).

    `version`: the job's, after the claim.
    """

    job_id: str
    stage_id: int
    owner_id: str
    kind: str
    name: str
    chunk: int
    lease_id: str
    failures: int
    losses: int
    title: str
    job_params: Json
    stage_params: Json
    source: Json
    deck: Json | None
    queue_wait_s: float
    version: int


@dataclass(frozen=True)
class Message:
    """All that a queue carries. `behind`: taken only when no other waits there (docs/decisions/0011)."""

    job_id: str
    stage_id: int
    task: str
    queue: str
    behind: bool = False
