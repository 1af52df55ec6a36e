"""What long polls and event streams of jobs and groups take."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WaitQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    wait: float = Field(0.0, ge=0, le=60, allow_inf_nan=False, description="seconds to wait for a change")
    version: int | None = Field(None, ge=0, description="wait until the job has another version than this")


class EventsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    last_event_id: int | None = Field(
        None, ge=0, lt=2**63, description="as Last-Event-ID, for clients without it"
    )


class GroupWaitQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    wait: float = Field(0.0, ge=0, le=60, allow_inf_nan=False, description="seconds to wait for a change")


class GroupEventsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    last_event_id: str | None = Field(
        None, max_length=40, description="as Last-Event-ID, for clients without it"
    )
