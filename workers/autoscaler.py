"""How many workers there should be: decided by what waits and how busy they are. Pure.

More when one thing says so, fewer only when everything does and has for long; and after each change a
pause, in which what was changed can show in the figures. So load that swings makes nothing flap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rules:
    """When to grow and shrink. Seconds, shares from 0 to 1, numbers of stages and workers."""

    queue_up: int = 20
    busy_up: float = 0.9
    busy_up_s: float = 300.0
    wait_up_s: float = 300.0
    cache_up: float = 0.6
    queue_down: int = 5
    busy_down: float = 0.3
    idle_s: float = 1800.0
    cooldown_s: float = 60.0
    least: int = 1  # workers of each pool
    most: int = 10  # workers in all


@dataclass(frozen=True)
class Pool:
    """Workers that serve the same queues, and what waits there.

    `workers` counts those that are still starting, and not those that are draining; `ours` of them may be
    taken away. `running` of all their `slots` are in use. `cache_hit_rate`: the share of their latest runs
    whose result had been made before; None where too few ended to tell.
    """

    name: str
    workers: int
    ours: int
    waiting: int
    running: int
    slots: int
    wait_s: float = 0.0
    cache_hit_rate: float | None = None

    @property
    def busy(self) -> float:
        return self.running / self.slots if self.slots else 0.0


@dataclass(frozen=True)
class Past:
    """What a pool's figures do not say: since when it has been so (seconds of the caller's clock)."""

    busy_since: float | None = None
    idle_since: float | None = None
    changed_at: float = -math.inf


@dataclass(frozen=True)
class Step:
    pool: str
    before: int
    after: int
    reason: str


def decide(
    pools: Sequence[Pool], past: Mapping[str, Past], rules: Rules, now_s: float, total: int
) -> tuple[list[Step], dict[str, Past]]:
    """The steps to take now, and what to remember until the next time.

    `total`: worker processes there are, each counted once though it may serve several pools. What all
    pools grow by never brings it above `rules.most`; who waits longest grows first.
    """
    known = {pool.name: _remember(pool, past.get(pool.name, Past()), rules, now_s) for pool in pools}
    room = max(0, rules.most - total)
    steps = []
    for pool in sorted(pools, key=lambda p: (-p.wait_s, -p.waiting, p.name)):
        mine = known[pool.name]
        if now_s - mine.changed_at < rules.cooldown_s:
            continue
        step = _grow(pool, mine, rules, now_s, room) or _shrink(pool, mine, rules, now_s)
        if step is None:
            continue
        steps.append(step)
        room -= max(0, step.after - step.before)
        grown = step.after > step.before  # to grow again by the same sign it must show anew
        mine = replace(mine, changed_at=now_s, busy_since=None)
        known[pool.name] = replace(mine, idle_since=None) if grown else mine
    return steps, known


def _remember(pool: Pool, past: Past, rules: Rules, now_s: float) -> Past:
    def since(holds: bool, before: float | None) -> float | None:
        return (now_s if before is None else before) if holds else None

    idle = pool.waiting < rules.queue_down and pool.busy < rules.busy_down
    return replace(
        past,
        busy_since=since(pool.busy > rules.busy_up, past.busy_since),
        idle_since=since(idle, past.idle_since),
    )


def _grow(pool: Pool, past: Past, rules: Rules, now_s: float, room: int) -> Step | None:
    reason = _why_more(pool, past, rules, now_s)
    if reason is None:
        return None
    wanted = pool.workers + 1
    if pool.waiting > rules.queue_up * pool.workers:  # more than enough for as many again
        wanted = max(wanted, 2 * pool.workers)
    wanted = max(wanted, rules.least)
    after = min(wanted, pool.workers + room)
    return Step(pool.name, pool.workers, after, reason) if after > pool.workers else None


def _why_more(pool: Pool, past: Past, rules: Rules, now_s: float) -> str | None:
    if pool.workers < rules.least:
        return f"fewer than {rules.least}"
    if pool.waiting and not pool.workers:
        return f"{pool.waiting} wait and nobody serves them"
    if pool.waiting > rules.queue_up:
        return f"{pool.waiting} wait, more than {rules.queue_up}"
    if pool.waiting and pool.wait_s > rules.wait_up_s:
        return f"one has waited for {pool.wait_s:.0f} s, more than {rules.wait_up_s:.0f} s"
    if past.busy_since is not None and now_s - past.busy_since >= rules.busy_up_s:
        return f"{pool.busy:.0%} busy, for {rules.busy_up_s:.0f} s above {rules.busy_up:.0%}"
    rate = pool.cache_hit_rate
    # as many as keep idle workers from being taken away: else a single one would make workers come and go
    if pool.waiting >= rules.queue_down and rate is not None and rate < rules.cache_up:
        return (
            f"{pool.waiting} wait, of which earlier results spare {rate:.0%}, less than {rules.cache_up:.0%}"
        )
    return None


def _shrink(pool: Pool, past: Past, rules: Rules, now_s: float) -> Step | None:
    """One at a time, one of ours, and only if those that stay have room for all there is."""
    idle = past.idle_since is not None and now_s - past.idle_since >= rules.idle_s
    if not idle or pool.ours < 1 or pool.workers <= rules.least:
        return None
    left = pool.slots * (pool.workers - 1) // pool.workers
    if pool.running + pool.waiting > left:
        return None
    reason = f"{pool.busy:.0%} busy, {pool.waiting} waiting, for {rules.idle_s:.0f} s"
    return Step(pool.name, pool.workers, pool.workers - 1, reason)
