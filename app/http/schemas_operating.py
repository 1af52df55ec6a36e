"""What the endpoints for queues and workers give, and what a job says of its place in line."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Placed(BaseModel):
    """Only while nothing of the job runs, and as the steward last saw it, a second or a few ago."""

    queue_position: int | None = Field(
        None, ge=1, description="1: the next to begin. Left out: it has begun, is far back, or nobody looks"
    )
    estimated_start_at: str | None = Field(None, description="null: nothing tells")
    paused: bool | None = Field(None, description="it waits for a queue that an operator has paused")


class QueueDocument(BaseModel):
    name: str
    paused: bool
    paused_at: str | None
    ready: int = Field(description="stages that may run and have no message yet")
    published: int = Field(description="stages whose message waits for a worker")
    running: int
    oldest_wait_s: float = Field(description="seconds that the longest waiting of them waits")
    workers: int = Field(description="living workers that take from it")
    slots: int = Field(description="stages that these can run at once, of this queue or another of theirs")


class QueueList(BaseModel):
    queues: list[QueueDocument]


class WorkerDocument(BaseModel):
    name: str
    host: str
    pid: int
    profile: str | None
    queues: list[str]
    concurrency: int
    running: int = Field(description="stages that it works on")
    memory_bytes: int = Field(description="resident, with all the processes that it started")
    since: str
    seen_at: str
    draining: bool


class WorkerList(BaseModel):
    workers: list[WorkerDocument]


class Draining(BaseModel):
    name: str
    draining: bool


class ScalingStep(BaseModel):
    """The autoscaler made the workers of a pool more or fewer."""

    at: str
    pool: str
    before: int
    after: int
    reason: str
