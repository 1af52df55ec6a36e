"""Pure: what each tier may use, and when what failed runs again. In what order: `order`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AGEING_S = 300.0  # after so long a stage counts as one priority more urgent: nothing starves


@dataclass(frozen=True)
class Tier:
    """What an account may use at once and a day; None: as much as there is."""

    running_jobs: int | None
    requests_per_minute: int | None
    jobs_per_day: int | None


TIERS: Mapping[str, Tier] = {
    "free": Tier(running_jobs=3, requests_per_minute=300, jobs_per_day=100),
    "pro": Tier(running_jobs=5, requests_per_minute=1_200, jobs_per_day=1_000),
    "premium": Tier(running_jobs=8, requests_per_minute=6_000, jobs_per_day=10_000),
    "enterprise": Tier(running_jobs=15, requests_per_minute=60_000, jobs_per_day=100_000),
    "unlimited": Tier(running_jobs=None, requests_per_minute=None, jobs_per_day=None),
}
LIMITED = tuple(name for name, tier in TIERS.items() if tier.running_jobs is not None)


def backoff_s(failures: int, base_s: float, jitter: float, *, cap_s: float = 300.0) -> float:
    """Delay before attempt `failures` + 1: exponential, with full jitter above half (0 ≤ jitter < 1).

    Source: "Exponential backoff and jitter", M. Brooker 2015 (equal jitter).
    """
    delay = min(cap_s, base_s * 2.0 ** (failures - 1))
    return delay * (0.5 + 0.5 * jitter)


def loss_pause_s(losses: int, lease_s: float) -> float:
    """How long a stage waits whose worker was seen to die for the `losses`-th time: at first not at all.

    So a machine that is short of memory for a while does not use up all its losses in seconds. At most half a
    lease: who is seen to die shall not wait longer than who is not.
    """
    return 0.0 if losses < 2 else min(lease_s / 2, 2.0 ** min(losses - 2, 30))
