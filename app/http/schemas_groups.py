"""What the endpoints for batches and groups take and give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.http.schemas import JobSummary, ListQuery, Status, SubmitBody

MAX_ITEMS = 10_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class BatchItem(SubmitBody):
    """One job of a batch: as for POST /api/jobs, and its own Idempotency-Key."""

    idempotency_key: str | None = Field(None, max_length=255)


class SubmitBatch(_Strict):
    name: str = Field("", max_length=200, description="of the group that the batch makes")
    items: list[BatchItem] = Field(min_length=1, max_length=MAX_ITEMS)


class LooseBatch(_Strict):
    """The same with items that are looked at one by one, so that each fault has its place."""

    name: str = Field("", max_length=200)
    items: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_ITEMS)


class BatchJob(BaseModel):
    id: str
    created: bool = Field(description="false: an earlier request made it")


class BatchDocument(BaseModel):
    group: str
    created: int = Field(description="jobs that are new")
    jobs: list[BatchJob] = Field(description="in the order of the items")


class NewGroup(_Strict):
    name: str = Field("", max_length=200)


class GroupBrief(BaseModel):
    id: str
    name: str
    created_at: str
    ended_at: str | None = Field(description="when its last job ended; null while one is live")
    links: dict[str, str]


class GroupError(BaseModel):
    job_id: str
    title: str
    error: dict[str, Any] | None


class GroupDocument(GroupBrief):
    """Counts are a second old at most."""

    jobs: int
    counts: dict[Status, int]
    progress: float = Field(ge=0, le=1, description="share of the jobs that have ended")
    ended: bool
    errors: list[GroupError] = Field(description="of the first jobs that failed, ten at most")


class GroupPage(BaseModel):
    groups: list[GroupBrief]
    next_cursor: str | None


class GroupQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")


class GroupJobsQuery(ListQuery):
    pass


class GroupJobs(BaseModel):
    jobs: list[JobSummary]
    next_cursor: str | None


class GroupActed(BaseModel):
    jobs: list[str] = Field(description="ids of the jobs that it was done to, 500 at most")
    left: int = Field(description="jobs that a further call would still act on")
