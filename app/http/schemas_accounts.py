"""What the endpoints for accounts, keys and users take and give."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["free", "pro", "premium", "enterprise", "unlimited"]
Scope = Literal["read", "write", "admin"]
_LABEL = Field(min_length=1, max_length=200, description="what the key is for, in your words")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewKey(_Strict):
    label: str = _LABEL
    scopes: list[Scope] = Field(default=["read", "write"], min_length=1, max_length=3)
    days: float | None = Field(None, gt=0, le=3660, allow_inf_nan=False, description="null: until revoked")


class RotateKey(_Strict):
    grace_s: float = Field(
        0.0, ge=0, le=30 * 24 * 3600, allow_inf_nan=False, description="how long the old secret goes on"
    )


class SignIn(_Strict):
    key: str = Field(min_length=1, max_length=200)


class SignedIn(BaseModel):
    id: str
    scopes: list[Scope]


class NewUser(_Strict):
    name: str = Field(min_length=1, max_length=200)
    tier: Tier = "free"


class ChangeUser(_Strict):
    tier: Tier


class KeyDocument(BaseModel):
    id: str
    prefix: str = Field(description="the secret's first characters")
    label: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None


class KeyList(BaseModel):
    keys: list[KeyDocument]


class MadeKey(BaseModel):
    id: str
    secret: str = Field(description="shown this once")


class Limits(BaseModel):
    """null: no limit."""

    running_jobs: int | None
    requests_per_minute: int | None
    jobs_per_day: int | None


class DailyUse(BaseModel):
    """Of the day that ends at midnight UTC; null: no limit, and nothing is counted."""

    used: int | None
    left: int | None
    renews_at: str


class AccountDocument(BaseModel):
    id: str
    name: str
    tier: Tier
    limits: Limits
    running_jobs: int
    waiting_jobs: int
    jobs_today: DailyUse


class UserDocument(BaseModel):
    id: str
    name: str
    tier: Tier
    created_at: str


class UserPage(BaseModel):
    users: list[UserDocument]
    next_cursor: str | None


class UserQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=40, description="`next_cursor` of the page before")
