"""Daily quotas: taken with the jobs or not at all, whoever else submits at the same moment."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.accounts.people import add_user, change_tier
from app.errors import QuotaExceeded
from app.jobs import batch, control, groups, quotas
from app.jobs.limits import TIERS
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit, submit_many
from app.store import jobs as rows
from app.store import quotas as counters
from app.store.quotas import DAY

LIMIT = TIERS["free"].jobs_per_day
assert LIMIT is not None


@pytest.fixture
def owner(platform: Platform) -> str:
    return add_user(platform.db, "Ada", "free")


def left(platform: Platform, owner: str, tier: str = "free") -> int | None:
    with platform.db.read() as conn:
        return quotas.standing(conn, owner, tier).left


def jobs(owner: str, count: int) -> list[NewJob]:
    return [NewJob(owner, "single")] * count


def kept(platform: Platform, owner: str) -> int:
    with platform.db.read() as conn:
        return sum(rows.count_by_status(conn, owner).values())


def test_the_last_one_fits_and_the_next_is_refused_until_midnight(platform: Platform, owner: str) -> None:
    submit_many(platform, jobs(owner, LIMIT - 1))
    submit(platform, NewJob(owner, "single"))
    assert left(platform, owner) == 0
    with pytest.raises(QuotaExceeded, match="100 jobs a day, and they are used up") as caught:
        submit(platform, NewJob(owner, "single"))
    with platform.db.read() as conn:
        until = DAY - rows.now(conn) % DAY
    assert 0 <= caught.value.retry_after_s - until / 1e6 < 60
    assert kept(platform, owner) == LIMIT


def test_a_batch_counts_as_a_whole_or_not_at_all(platform: Platform, owner: str) -> None:
    submit_many(platform, jobs(owner, 10))
    with pytest.raises(QuotaExceeded, match="90 of them are left, and these are 91"):
        batch.submit(platform, owner, groups.new_id(), jobs(owner, 91))
    with pytest.raises(QuotaExceeded):
        submit_many(platform, jobs(owner, LIMIT + 1))
    assert (left(platform, owner), kept(platform, owner)) == (90, 10)
    submit_many(platform, jobs(owner, 90))
    assert left(platform, owner) == 0


def test_a_repeat_under_the_same_key_counts_once(platform: Platform, owner: str) -> None:
    again = NewJob(owner, "single", idempotency_key="once")
    for _ in range(3):
        submit(platform, again)
    assert left(platform, owner) == LIMIT - 1
    submit_many(platform, jobs(owner, LIMIT - 1))
    assert not submit(platform, again).created  # what is there already needs no quota


def test_deleting_and_retrying_neither_give_back_nor_take(platform: Platform, owner: str) -> None:
    job_id = submit(platform, NewJob(owner, "single")).job_id
    control.cancel(platform, owner, job_id)
    control.retry(platform, owner, job_id)
    control.cancel(platform, owner, job_id)
    control.delete(platform, owner, job_id)
    assert left(platform, owner) == LIMIT - 1


def test_an_owner_without_limit_pays_nothing(platform: Platform) -> None:
    submit_many(platform, jobs("local", 3))
    with platform.db.read() as conn:
        assert quotas.standing(conn, "local", "unlimited").used is None
        assert counters.used(conn, "local", rows.now(conn) // DAY) == 0


def test_a_higher_tier_has_more_at_once(platform: Platform, owner: str) -> None:
    submit_many(platform, jobs(owner, LIMIT))
    change_tier(platform.db, owner, "pro")
    submit(platform, NewJob(owner, "single"))
    assert left(platform, owner, "pro") == 1_000 - LIMIT - 1


def test_each_day_begins_anew_and_old_ones_are_forgotten(platform: Platform, owner: str) -> None:
    with platform.db.write() as conn:
        assert counters.take(conn, owner, 10, LIMIT, LIMIT)
        assert not counters.take(conn, owner, 10, 1, LIMIT)
        assert counters.take(conn, owner, 11, 1, LIMIT)
        assert not counters.take(conn, owner, 12, LIMIT + 1, LIMIT)
        counters.trim(conn, 11)
        assert (counters.used(conn, owner, 10), counters.used(conn, owner, 11)) == (0, 1)


def test_at_the_edge_of_the_quota_only_what_fits_gets_in(platform: Platform, owner: str) -> None:
    """Eight clients at once, single jobs, threes and repeats: never one too many, and none for nothing."""
    submit_many(platform, jobs(owner, LIMIT - 20))

    def attempt(n: int) -> int:
        size = 3 if n % 4 == 0 else 1
        keyed = [NewJob(owner, "single", idempotency_key=uuid.uuid4().hex) for _ in range(size)]
        try:
            first = submit_many(platform, keyed)
            assert all(s.created for s in first)
            assert [s.job_id for s in submit_many(platform, keyed)] == [s.job_id for s in first]
            return size
        except QuotaExceeded:
            return 0

    with ThreadPoolExecutor(8) as pool:
        admitted = sum(pool.map(attempt, range(32)))
    assert kept(platform, owner) == LIMIT - 20 + admitted
    # a three may find two places left; single ones then fill them
    assert left(platform, owner) == 20 - admitted
    while True:
        try:
            submit(platform, NewJob(owner, "single"))
        except QuotaExceeded:
            break
    assert kept(platform, owner) == LIMIT
