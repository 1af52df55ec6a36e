from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import BadInput, IdempotencyMismatch
from app.jobs import status
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, Upload, submit, submit_many
from app.store import reading
from tests.kinds import queue_of, start


def test_a_submitted_job_is_kept_and_its_first_stage_published(platform: Platform) -> None:
    job_id = start(platform, "chain")
    document = status.read(platform, "local", job_id)
    assert document["status"] == "queued"
    assert [s["state"] for s in document["stages"]] == ["published", "waiting"]
    (message,) = queue_of(platform).take()
    assert (message.job_id, message.task, message.queue) == (job_id, "tasks.one_task", "default")


def test_a_queue_that_is_away_does_not_stop_a_submission(platform: Platform) -> None:
    queue_of(platform).down = True
    job_id = start(platform, "single")
    assert status.read(platform, "local", job_id)["status"] == "queued"


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (NewJob("local", "nonsense"), "kind"),
        (NewJob("local", "single", params={"wrong": 1}), "params"),
        (NewJob("local", "single", priority="urgent"), "priority"),
        (NewJob("local", "single", title="x" * 301), "title"),
        (NewJob("local", "single", source=Upload("up_unknown")), "upload"),
        (NewJob("local", "single", idempotency_key=""), "Idempotency-Key"),
    ],
)
def test_a_bad_request_names_its_field_and_leaves_nothing(
    platform: Platform, command: NewJob, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        submit(platform, command)
    assert caught.value.field == field
    with platform.db.read() as conn:
        assert reading.jobs(conn, "local", status=None, kind=None, before=None, limit=10) == []


def test_many_are_kept_all_or_none(platform: Platform) -> None:
    good, bad = NewJob("local", "single"), NewJob("local", "single", params={"wrong": 1})
    with pytest.raises(BadInput):
        submit_many(platform, [good, bad])
    assert queue_of(platform).take() == []
    assert len({s.job_id for s in submit_many(platform, [good] * 40)}) == 40


def test_the_same_idempotency_key_gives_the_same_job(platform: Platform) -> None:
    command = NewJob("local", "single", {"size": 2}, idempotency_key="once")
    first, second = submit(platform, command), submit(platform, command)
    assert (first.job_id, first.created, second.created) == (second.job_id, True, False)
    other = NewJob("local", "single", {"size": 3}, idempotency_key="once")
    with pytest.raises(IdempotencyMismatch):
        submit(platform, other)
    elsewhere = NewJob("system", "single", {"size": 3}, idempotency_key="once")
    assert submit(platform, elsewhere).created


def test_one_key_sent_by_many_at_once_makes_one_job(full_platform: Platform) -> None:
    command = NewJob("local", "single", idempotency_key="race")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: submit(full_platform, command), range(24)))
    assert len({m.job_id for m in made}) == 1
    assert sum(m.created for m in made) == 1
