"""Groups: their end is found once, whoever ends the last job; a retry opens them again."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import cast

import pytest

from app.errors import BadInput, Conflict, NotFound
from app.jobs import completion, control, groups, runs, status
from app.jobs.model import Done, Failed
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit, submit_many
from app.jobs.webhooks import endpoints
from app.stages import chores
from app.store import deliveries
from app.store import groups as rows
from tests.kinds import queue_of


def make(platform: Platform, count: int, owner: str = "local") -> tuple[str, list[str]]:
    group_id = groups.make(platform, owner, "week 3")
    done = submit_many(platform, [NewJob(owner, "single", group_id=group_id)] * count)
    return group_id, [job.job_id for job in done]


def claims(platform: Platform) -> list[runs.Claim]:
    found = []
    for message in queue_of(platform).take():
        claim = runs.claim(platform, message.job_id, message.stage_id, uuid.uuid4().hex, "w")
        if claim is not None:
            found.append(claim)
    return found


def ended_at(platform: Platform, group_id: str) -> int | None:
    with platform.db.read() as conn:
        row = rows.group(conn, group_id)
    assert row is not None
    found: int | None = row.ended_at
    return found


def document(platform: Platform, group_id: str) -> dict[str, object]:
    return groups.read(platform, "local", group_id, fresh=True)


def test_it_counts_and_ends_with_its_last_job(platform: Platform) -> None:
    group_id, _ = make(platform, 3)
    first, second, third = claims(platform)
    runs.finish(platform, first, Done({}))
    runs.finish(platform, second, Failed("bad_media", "It is torn.", retryable=False))
    found = document(platform, group_id)
    assert (found["jobs"], found["ended"], found["progress"]) == (3, False, 0.6667)
    assert found["counts"] == {
        "queued": 0, "running": 1, "cancelling": 0, "succeeded": 1, "failed": 1, "cancelled": 0,
    }  # fmt: skip
    assert [e["error"]["message"] for e in found["errors"]] == ["It is torn."]  # type: ignore[attr-defined]
    assert ended_at(platform, group_id) is None
    runs.finish(platform, third, Done({}))
    assert ended_at(platform, group_id) is not None
    assert document(platform, group_id)["ended"] is True


def test_jobs_that_end_at_the_same_moment_end_it_once(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two last finishers of each group, held together just before their commit."""
    ends: list[str] = []
    end = completion._end
    monkeypatch.setattr(completion, "_end", lambda conn, group: (ends.append(group.id), end(conn, group)))
    made = [make(platform, 4)[0] for _ in range(6)]
    pending = claims(platform)
    assert len(pending) == 24
    barrier = threading.Barrier(4)

    def finish(claim: runs.Claim) -> None:
        barrier.wait()
        assert runs.finish(platform, claim, Done({}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(finish, pending))
    assert sorted(ends) == sorted(made)
    assert all(ended_at(platform, group_id) for group_id in made)


def test_whoever_wants_to_know_is_told_once_that_a_group_ended(platform: Platform) -> None:
    added = endpoints.add(platform.db, "local", url="http://127.0.0.1:9/", events=["group.ended"], label="")
    group_id, _ = make(platform, 2)
    for claim in claims(platform):
        runs.finish(platform, claim, Done({}))
    Steward(platform, "s").tick()
    with platform.db.read() as conn:
        (told,) = deliveries.page(conn, added.webhook.id, None, None, 100)
    assert (told.type, told.data["id"], told.data["name"]) == ("group.ended", group_id, "week 3")


def test_the_steward_makes_up_for_a_finisher_that_died_before_it_looked(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    group_id, _ = make(platform, 1)
    empty = groups.make(platform, "local", "nothing yet")
    (claim,) = claims(platform)
    with monkeypatch.context() as dead:
        dead.setattr(completion, "look", lambda *_: False)
        runs.finish(platform, claim, Done({}))
    assert ended_at(platform, group_id) is None
    Steward(platform, "s").tick()
    assert ended_at(platform, group_id) is not None
    assert ended_at(platform, empty) is None  # a group that never had a job has not ended


def test_a_retry_or_a_further_job_opens_it_again_and_it_ends_again(platform: Platform) -> None:
    group_id, (job_id,) = make(platform, 1)
    (claim,) = claims(platform)
    runs.finish(platform, claim, Failed("bad_media", "It is torn.", retryable=False))
    first = ended_at(platform, group_id)
    control.retry(platform, "local", job_id)
    assert ended_at(platform, group_id) is None
    (claim,) = claims(platform)
    runs.finish(platform, claim, Done({}))
    second = ended_at(platform, group_id)
    assert first is not None
    assert second is not None
    assert second > first
    submit(platform, NewJob("local", "single", group_id=group_id))
    assert ended_at(platform, group_id) is None


def test_a_job_that_joins_while_the_last_one_ends_keeps_it_open(full_platform: Platform) -> None:
    """The finisher waits for whoever holds the group by joining, and then sees the new job."""
    group_id, _ = make(full_platform, 1)
    (claim,) = claims(full_platform)
    with full_platform.db.write() as conn:
        assert rows.join(conn, group_id, "local")
        with ThreadPoolExecutor(1) as pool:
            finishing = pool.submit(runs.finish, full_platform, claim, Done({}))
            # another connection's submission, not committed yet when the finisher looks
            from app.jobs.submit import check, persist

            persist(conn, [check(full_platform, NewJob("local", "single", group_id=group_id))])
            with pytest.raises(TimeoutError):
                finishing.result(timeout=0.5)
            conn.commit()
            assert finishing.result(timeout=20)
    assert ended_at(full_platform, group_id) is None


def test_cancel_retry_and_delete_of_all(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, job_ids = make(platform, 5)
    monkeypatch.setattr(groups, "PER_CALL", 3)
    with pytest.raises(Conflict):
        groups.delete(platform, "local", group_id)
    done = groups.cancel(platform, "local", group_id)
    assert (len(done.jobs), done.left) == (3, 2)
    rest = groups.cancel(platform, "local", group_id)
    assert (sorted(done.jobs + rest.jobs), rest.left) == (sorted(job_ids), 0)
    assert ended_at(platform, group_id) is not None
    again = groups.retry(platform, "local", group_id)
    assert (len(again.jobs), again.left) == (3, 2)
    assert ended_at(platform, group_id) is None
    groups.cancel(platform, "local", group_id)
    groups.delete(platform, "local", group_id)
    with pytest.raises(NotFound):
        groups.read(platform, "local", group_id)
    for job_id in job_ids:
        with pytest.raises(NotFound):
            control.delete(platform, "local", job_id)


def test_another_owners_group_is_none(platform: Platform) -> None:
    from app.accounts.people import add_user

    group_id, _ = make(platform, 1, add_user(platform.db, "Ada", "free"))
    for act in (groups.read, groups.cancel, groups.retry, groups.delete):
        with pytest.raises(NotFound, match="There is no such group"):
            act(platform, "local", group_id)
    with pytest.raises(BadInput) as caught:
        submit(platform, NewJob("local", "single", group_id=group_id))
    assert caught.value.field == "group"


def test_counts_are_read_once_a_second_however_many_watch(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    group_id, _ = make(platform, 1)
    counted: list[str] = []
    counts = rows.counts
    monkeypatch.setattr(rows, "counts", lambda conn, g: (counted.append(g), counts(conn, g))[1])
    for _ in range(20):
        assert groups.read(platform, "local", group_id)["jobs"] == 1
    assert len(counted) <= 2  # a second may have passed


def test_cleanup_forgets_old_groups_without_jobs(platform: Platform) -> None:
    from sqlalchemy import update

    from app.store.models import Group

    held, _ = make(platform, 1)
    empty, new = groups.make(platform, "local", "a"), groups.make(platform, "local", "b")
    with platform.db.write() as conn:
        conn.execute(update(Group).where(Group.id.in_([held, empty])).values(created_at=1))
    assert chores.cleanup(platform)["groups"] == 1
    with platform.db.read() as conn:
        assert [rows.group(conn, g) is None for g in (held, empty, new)] == [False, True, False]


def test_whoever_follows_is_woken_by_each_end_and_by_the_end_of_all(platform: Platform) -> None:
    group_id, _ = make(platform, 2)

    async def story() -> None:
        said = cast(AsyncGenerator[tuple[str, bytes], None], platform.cache.listen_all(status.channel("")))
        async with asyncio.timeout(20), aclosing(said):
            assert await anext(said) == ("", b"")
            for claim, over in zip(claims(platform), (False, True), strict=True):
                await asyncio.to_thread(runs.finish, platform, claim, Done({}))
                while (await anext(said))[0] != status.channel(group_id):
                    pass
                assert (ended_at(platform, group_id) is not None) is over  # what is told of has happened

    asyncio.run(story())
