"""Daily quotas: how many jobs an owner may submit from midnight to midnight, UTC.

A counter for each owner and day, taken in the transaction that submits, as its last statement: two
submissions of one owner wait for each other's commit, not for each other's work, and other owners never.
Counting the rows instead would give back what was deleted, and cost more the more there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from app.errors import QuotaExceeded
from app.jobs.limits import TIERS
from app.store import accounts, quotas
from app.store.database import SECOND
from app.store.quotas import DAY


@dataclass(frozen=True)
class Standing:
    """Of today; None: no limit, and nothing is counted. `renews_at`: microseconds, the next midnight."""

    used: int | None
    left: int | None
    renews_at: int


def charge(conn: Connection, jobs: Mapping[str, int], at: int) -> None:
    """Count new jobs (owner → how many) made at `at` (database clock). Raises QuotaExceeded."""
    for owner_id in sorted(jobs):  # in one order everywhere: no deadlock between two batches
        limit = TIERS[accounts.tier_of(conn, owner_id) or "free"].jobs_per_day
        if limit is not None and not quotas.take(conn, owner_id, at // DAY, jobs[owner_id], limit):
            left = max(0, limit - quotas.used(conn, owner_id, at // DAY))
            raise QuotaExceeded(_refusal(limit, left, jobs[owner_id]), retry_after_s=_until_midnight_s(at))


def standing(conn: Connection, owner_id: str, tier: str) -> Standing:
    at = accounts.clock(conn)
    limit, renews_at = TIERS[tier].jobs_per_day, (at // DAY + 1) * DAY
    if limit is None:
        return Standing(None, None, renews_at)
    used = quotas.used(conn, owner_id, at // DAY)
    return Standing(used, max(0, limit - used), renews_at)


def _refusal(limit: int, left: int, asked: int) -> str:
    rest = f"{left} of them are left, and these are {asked}" if left else "they are used up"
    return f"Your tier allows {limit} jobs a day, and {rest}. The next day begins at midnight UTC."


def _until_midnight_s(at: int) -> int:
    return -(-((at // DAY + 1) * DAY - at) // SECOND)
