"""What the endpoints for webhooks take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.jobs.webhooks.policy import EVENTS, Event

State = Literal["pending", "delivered", "failed"]
_EVENTS = "none: it is told only of jobs that name its address"
_URL = "where messages are POSTed; http(s) and public"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewWebhook(_Strict):
    url: str = Field(min_length=1, max_length=2000, description=_URL)
    events: list[Event] = Field(default=list(EVENTS), max_length=20, description=_EVENTS)
    label: str = Field("", max_length=200, description="what it is for, in your words")


class ChangeWebhook(_Strict):
    """What is left out stays."""

    url: str | None = Field(None, min_length=1, max_length=2000, description=_URL)
    events: list[Event] | None = Field(None, max_length=20, description=_EVENTS)
    label: str | None = Field(None, max_length=200)
    enabled: bool | None = Field(None, description="true also after it was disabled by a 410")


class RotateSecret(_Strict):
    grace_s: float = Field(
        24 * 3600.0,
        ge=0,
        le=30 * 24 * 3600,
        allow_inf_nan=False,
        description="how long the old secret signs, too",
    )


class ReplayFailed(_Strict):
    since: str | None = Field(None, max_length=40, description="an RFC 3339 instant; left out: all")

    @field_validator("since")
    @classmethod
    def _instant(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                aware = datetime.fromisoformat(given).tzinfo is not None
            except ValueError:
                aware = False
            if not aware:
                raise ValueError("since is an instant like 2026-11-26T09:30:00Z.")
        return given


class WebhookDocument(BaseModel):
    id: str
    url: str
    events: list[str]
    label: str
    status: Literal["ok", "failing", "disabled"]
    failures: int = Field(description="in a row, since the last success")
    error: str | None = Field(description="of the last failure")
    resumes_at: str | None = Field(description="it failed: nothing is sent before")
    succeeded_at: str | None
    old_secret_until: str | None = Field(description="until then the secret before signs, too")
    created_at: str


class WebhookWithSecret(WebhookDocument):
    secret: str = Field(description="shown this once; checks the signatures")


class WebhookList(BaseModel):
    webhooks: list[WebhookDocument]


class AttemptDocument(BaseModel):
    at: str
    status: int | None = Field(description="what the receiver answered, if it did")
    duration_s: float
    error: str | None


class DeliveryDocument(BaseModel):
    id: str
    message_id: str = Field(description="`webhook-id` of the message; the same at each try")
    type: str
    data: dict[str, Any]
    state: State
    tries: int
    attempts: list[AttemptDocument] = Field(description="the last 30, oldest first")
    next_at: str | None = Field(description="when it is tried (again)")
    created_at: str
    ended_at: str | None


class DeliveryPage(BaseModel):
    deliveries: list[DeliveryDocument]
    next_cursor: str | None


class DeliveryQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    state: State | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")


class ReplayedDeliveries(BaseModel):
    replayed: int = Field(description="messages that are due again")
