"""What the dead letter endpoints take and give."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DeadLetterFilter(BaseModel):
    """Which dead letters are meant; what is left out matters not."""

    model_config = ConfigDict(extra="forbid", strict=True)
    job_id: str | None = Field(None, max_length=60)
    kind: str | None = Field(None, max_length=40)
    stage: str | None = Field(None, max_length=40)
    code: str | None = Field(None, max_length=60, description="the error's code, like `crashed`")
    digest: str | None = Field(None, pattern="^[0-9a-f]{12}$", description="failures of the same kind")


class DeadLetterQuery(DeadLetterFilter):
    model_config = ConfigDict(extra="forbid", strict=False)
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")


class DeadLetter(BaseModel):
    job_id: str
    kind: str
    title: str
    stage: str
    chunk: int
    code: str
    reason: str
    digest: str
    log: str | None = Field(description="the last lines that the step said")
    failures: int
    losses: int
    worker: str | None
    died_at: str


class DeadLetterPage(BaseModel):
    dead_letters: list[DeadLetter]
    next_cursor: str | None


class Replayed(BaseModel):
    replayed: list[str] = Field(description="ids of the jobs that run again; at most 500 a request")
    left: int = Field(description="dead letters that the filter still finds")
