"""Running limits: queued jobs wait, the next is let in when one ends, and nobody else waits for it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, select, update

from app.jobs import control
from app.jobs.admission import admit
from app.jobs.limits import TIERS
from app.jobs.model import Done, Failed, Json
from app.jobs.platform import Platform
from app.jobs.runs import claim, finish
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit, submit_many
from app.store.models import Job, Owner
from tests.kinds import ListQueue

LIMIT = TIERS["free"].running_jobs or 0


@pytest.fixture
def free(platform: Platform) -> Platform:
    """The platform with two owners on the free tier."""
    add_owners(platform, "ada", "bob")
    return platform


def add_owners(platform: Platform, *names: str) -> None:
    with platform.db.write() as conn:
        rows: list[Json] = [{"id": name, "name": name, "tier": "free", "created_at": 0} for name in names]
        conn.execute(insert(Owner), rows)


def queue_of(platform: Platform) -> ListQueue:
    assert isinstance(platform.queue, ListQueue)
    return platform.queue


def flood(platform: Platform, owner: str, count: int, priority: str = "normal") -> list[str]:
    return [submit(platform, NewJob(owner, "single", priority=priority)).job_id for _ in range(count)]


def run_one(platform: Platform, failed: bool = False) -> str:
    message = queue_of(platform).messages.pop(0)
    held = claim(platform, message.job_id, message.stage_id, f"lease-{message.stage_id}", "w")
    assert held is not None
    outcome = Failed("broken", "It broke.", retryable=False) if failed else Done({})
    assert finish(platform, held, outcome)
    return message.job_id


def waiting(platform: Platform, owner: str) -> int:
    with platform.db.read() as conn:
        rows = conn.execute(select(Job.id).where(Job.owner_id == owner, Job.admission == "waiting"))
        return len(rows.all())


def test_more_jobs_than_the_limit_wait_and_none_is_refused(free: Platform) -> None:
    jobs = flood(free, "ada", LIMIT + 4)
    assert [m.job_id for m in queue_of(free).messages] == jobs[:LIMIT]
    assert waiting(free, "ada") == 4


def test_the_end_of_a_job_lets_the_next_in_at_once(free: Platform) -> None:
    jobs = flood(free, "ada", LIMIT + 2)
    assert run_one(free) == jobs[0]
    assert [m.job_id for m in queue_of(free).messages] == jobs[1 : LIMIT + 1]
    run_one(free, failed=True)
    assert queue_of(free).messages[-1].job_id == jobs[LIMIT + 1]


def test_others_are_not_touched_by_one_owners_limit(free: Platform) -> None:
    flood(free, "ada", LIMIT + 5)
    (job,) = flood(free, "bob", 1)
    assert queue_of(free).messages[-1].job_id == job


def test_the_more_urgent_of_the_waiting_comes_first(free: Platform) -> None:
    flood(free, "ada", LIMIT)
    late_low = flood(free, "ada", 1, priority="low")
    late_critical = flood(free, "ada", 1, priority="critical")
    run_one(free)
    assert queue_of(free).messages[-1].job_id == late_critical[0]
    run_one(free)
    assert queue_of(free).messages[-1].job_id == late_low[0]


def test_a_cancelled_job_in_line_leaves_it_and_a_running_one_leaves_room(free: Platform) -> None:
    jobs = flood(free, "ada", LIMIT + 2)
    control.cancel(free, "ada", jobs[LIMIT])
    control.cancel(free, "ada", jobs[0])
    assert queue_of(free).messages[-1].job_id == jobs[LIMIT + 1]
    assert waiting(free, "ada") == 0


def test_a_retried_job_stands_in_line_again(free: Platform) -> None:
    jobs = flood(free, "ada", LIMIT)
    run_one(free, failed=True)
    late = flood(free, "ada", 1)
    assert queue_of(free).messages[-1].job_id == late[0]
    control.retry(free, "ada", jobs[0])
    assert waiting(free, "ada") == 1
    run_one(free)
    assert queue_of(free).messages[-1].job_id == jobs[0]


def test_a_batch_of_a_limited_owner_waits_too(free: Platform) -> None:
    submit_many(free, [NewJob("ada", "single") for _ in range(50)])
    assert len(queue_of(free).messages) == LIMIT
    assert waiting(free, "ada") == 50 - LIMIT


def test_the_steward_lets_in_what_a_raised_tier_makes_room_for(free: Platform) -> None:
    flood(free, "ada", LIMIT + 4)
    with free.db.write() as conn:
        conn.execute(update(Owner).where(Owner.id == "ada").values(tier="unlimited"))
    Steward(free, "s").tick()
    assert waiting(free, "ada") == 0
    assert len(queue_of(free).messages) == LIMIT + 4


def test_many_who_admit_at_once_never_exceed_the_limit(full_platform: Platform) -> None:
    add_owners(full_platform, "ada")
    with full_platform.db.write() as conn:
        conn.execute(update(Owner).where(Owner.id == "ada").values(tier="unlimited"))
    flood(full_platform, "ada", 1)
    with full_platform.db.write() as conn:
        conn.execute(update(Owner).where(Owner.id == "ada").values(tier="free"))
    start = threading.Barrier(8)

    def rush() -> None:
        start.wait()
        flood(full_platform, "ada", 3)
        admit(full_platform, "ada")

    threads = [threading.Thread(target=rush) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    admit(full_platform, "ada")
    assert waiting(full_platform, "ada") == 24 - LIMIT
