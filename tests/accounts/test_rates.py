"""The sliding window as arithmetic, and the gate that many processes hold to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import rates
from app.accounts.gate import Gate
from app.accounts.rates import WINDOW_S, Counts
from app.cache.memory import MemoryCache
from app.errors import Unavailable
from app.jobs.limits import TIERS

ROOT = Path(__file__).resolve().parents[2]
limits = st.integers(1, 10_000)
counts = st.builds(
    Counts, st.integers(0, 20_000), st.integers(0, 10_000), st.floats(0, WINDOW_S, exclude_max=True)
)


class Clock:
    def __init__(self, now: float = 6_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@given(limits, st.integers(1, 500), counts)
def test_no_grant_lifts_the_last_minute_above_the_limit(limit: int, wanted: int, before: Counts) -> None:
    granted = rates.grant(limit, wanted, before)
    assert 0 <= granted <= wanted
    after = before._replace(now=before.now + granted)
    assert granted == 0 or after.recent() <= limit


@given(limits, counts)
def test_after_the_wait_one_more_is_allowed_and_not_much_sooner(limit: int, before: Counts) -> None:
    wait = rates.retry_after_s(limit, before)
    assert 0 <= wait <= 2 * WINDOW_S
    assert rates.grant(limit, 1, _later(before, wait + 0.001)) == 1
    if wait > 0.01:
        assert rates.grant(limit, 1, _later(before, wait - 0.01)) == 0


def _later(before: Counts, seconds: float) -> Counts:
    """The same counts after a while without a request."""
    elapsed = before.elapsed_s + seconds
    if elapsed < WINDOW_S:
        return before._replace(elapsed_s=elapsed)
    if elapsed < 2 * WINDOW_S:
        return Counts(before.now, 0, elapsed - WINDOW_S)
    return Counts(0, 0, 0.0)


@given(
    st.sampled_from([t.requests_per_minute for t in TIERS.values() if t.requests_per_minute is not None]),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), max_size=40),
)
def test_however_processes_take_turns_a_window_never_holds_more_than_the_limit(
    limit: int, turns: list[tuple[int, int]]
) -> None:
    cache, clock = MemoryCache(), Clock()
    gates = [Gate(cache, clock) for _ in range(3)]
    passed = sum(gates[who].pass_through("ada", limit).allowed for who, times in turns for _ in range(times))
    asked = sum(times for _, times in turns)
    assert passed <= limit
    # what other processes hold in leases is all that may be missing
    assert passed >= min(asked, limit - 2 * rates.lease(limit))


def test_what_is_left_is_told_and_comes_back() -> None:
    clock = Clock()
    gate = Gate(MemoryCache(), clock)
    left = [gate.pass_through("ada", 100).left for _ in range(100)]
    assert left == list(range(99, -1, -1))
    refused = gate.pass_through("ada", 100)
    assert (refused.allowed, refused.left) == (False, 0)
    assert gate.pass_through("bob", 100).allowed
    clock.now += refused.reset_s
    assert gate.pass_through("ada", 100).allowed


class Away(MemoryCache):
    def count(self, key: str, other: str, by: int, ttl_s: float) -> tuple[int, int]:
        raise Unavailable("The cache does not answer just now.")


def test_without_the_cache_each_process_counts_for_itself() -> None:
    gates = [Gate(Away(), Clock()) for _ in range(2)]
    assert [sum(g.pass_through("ada", 30).allowed for _ in range(50)) for g in gates] == [30, 30]


_PROCESS = """
import sys
from app.accounts.gate import Gate
from app.cache.redis import RedisCache
gate = Gate(RedisCache(sys.argv[1], timeout_s=10.0), lambda: 6_000.0)
print(sum(gate.pass_through("ada", 1_000).allowed for _ in range(1_500)))
"""


@pytest.mark.services
def test_two_processes_share_one_limit(redis_url: str) -> None:
    command = [sys.executable, "-c", _PROCESS, redis_url]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    passed = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert 1_000 - rates.lease(1_000) <= sum(passed) <= 1_000
