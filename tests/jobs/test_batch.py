"""Batches: all or nothing, in order, once for each key, and the same rows as one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.people import add_user
from app.errors import BadInput, IdempotencyMismatch
from app.jobs import batch, groups
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, Upload, submit
from app.store import groups as rows
from app.store import jobs as job_rows
from app.store.models import Event, Job, StageRow
from tests.kinds import queue_of

ODD = "tab\\t \\N back\\slash “quotes” ' \" 講義 \u2028 end\\"


def send(platform: Platform, commands: list[NewJob], **more: Any) -> batch.Batch:
    group_id = groups.new_id()
    named = [NewJob(**{**vars(c), "group_id": group_id}) for c in commands]
    return batch.submit(platform, "local", group_id, named, **more)


def kept(platform: Platform) -> int:
    with platform.db.read() as conn:
        return sum(job_rows.count_by_status(conn, "local").values())


def everything(platform: Platform, job_id: str) -> list[dict[str, Any]]:
    """All rows of the job, without what no two jobs share."""
    own = {"id", "job_id", "created_at", "ready_at", "run_at", "published_at", "at", "group_id"}
    found = []
    with platform.db.read() as conn:
        for model, column in ((Job, Job.id), (StageRow, StageRow.job_id), (Event, Event.job_id)):
            statement = select(model.__table__).where(column == job_id)
            rows_ = conn.execute(statement.order_by(*model.__table__.primary_key.columns))
            found += [{k: v for k, v in row._mapping.items() if k not in own} for row in rows_]
    for row in found:
        row["state"] = "ready" if row.get("state") == "published" else row.get("state")
    return found


@pytest.mark.parametrize("kind", ["single", "diamond", "fan"])
def test_a_job_of_a_batch_is_the_same_as_one_alone(platform: Platform, kind: str) -> None:
    command = NewJob("local", kind, {"size": 2}, title=ODD, priority="high")
    alone = submit(platform, command).job_id
    done = send(platform, [command] * 150)
    assert done.created
    assert len({job.job_id for job in done.jobs}) == 150
    assert everything(platform, done.jobs[77].job_id) == everything(platform, alone)


def test_a_large_batch_keeps_its_order_and_the_steward_publishes_it(platform: Platform) -> None:
    done = send(platform, [NewJob("local", "single", title=f"{n}") for n in range(300)])
    with platform.db.read() as conn:
        listed = rows.jobs(conn, done.group_id, limit=400)
    assert [row.title for row in listed] == [f"{n}" for n in range(300)]
    assert [row.id for row in listed] == [job.job_id for job in done.jobs]
    assert queue_of(platform).take() == []
    Steward(platform, "s").tick()
    assert len(queue_of(platform).take()) == platform.settings.publish_window


def test_faults_are_named_by_their_place_and_leave_nothing(platform: Platform) -> None:
    good = NewJob("local", "single")
    bad = [good] * 10 + [NewJob("local", "nonsense"), good, NewJob("local", "single", {"wrong": 1})]
    with pytest.raises(batch.BadItems) as caught:
        send(platform, bad)
    assert [e["field"] for e in caught.value.errors] == ["items.10.kind", "items.12.params"]
    missing = [good] * 3 + [NewJob("local", "single", source=Upload("upl_none"))]
    with pytest.raises(BadInput) as one:
        send(platform, missing)
    assert one.value.field == "items.3.upload"
    twice = [NewJob("local", "single", idempotency_key=k) for k in "aba"]
    with pytest.raises(BadInput, match="item 0") as one:
        send(platform, twice)
    assert one.value.field == "items.2.idempotency_key"
    assert kept(platform) == 0


def test_the_same_key_gives_the_same_batch(platform: Platform) -> None:
    commands = [NewJob("local", "single", title=str(n)) for n in range(5)]
    first = send(platform, commands, key="week 3", mark="m", name="Week 3")
    second = send(platform, commands, key="week 3", mark="m", name="Week 3")
    assert (first.created, second.created) == (True, False)
    assert second.group_id == first.group_id
    assert [j.job_id for j in second.jobs] == [j.job_id for j in first.jobs]
    assert not any(j.created for j in second.jobs)
    with pytest.raises(IdempotencyMismatch):
        send(platform, commands, key="week 3", mark="other")
    other = add_user(platform.db, "Ada", "free")
    group_id = groups.new_id()
    theirs = [NewJob(other, "single", group_id=group_id)]
    assert batch.submit(platform, other, group_id, theirs, key="week 3", mark="m").created
    assert kept(platform) == 5


def test_items_with_keys_of_their_own_are_made_once(platform: Platform) -> None:
    alone = submit(platform, NewJob("local", "single", idempotency_key="b"))
    commands = [NewJob("local", "single", idempotency_key=k) for k in ("a", "b", None)]
    first = send(platform, commands, key="k", mark="m")
    assert [j.created for j in first.jobs] == [True, False, True]
    assert first.jobs[1].job_id == alone.job_id
    again = send(platform, commands, key="k", mark="m")
    assert [j.job_id for j in again.jobs] == [j.job_id for j in first.jobs]
    with pytest.raises(IdempotencyMismatch) as caught:
        send(platform, [NewJob("local", "single"), NewJob("local", "chain", idempotency_key="a")])
    assert caught.value.field == "items.1.idempotency_key"
    assert kept(platform) == 3


def test_two_at_once_under_one_key_make_one(platform: Platform) -> None:
    commands = [NewJob("local", "single")] * 120

    def attempt(_: int) -> batch.Batch:
        return send(platform, commands, key="once", mark="m")

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(4)))
    assert len({d.group_id for d in done}) == 1
    assert sum(d.created for d in done) == 1
    assert kept(platform) == 120
