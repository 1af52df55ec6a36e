"""Pause and resume: nothing is started, nothing is lost, what runs ends; on both stacks."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.errors import NotFound
from app.jobs import queues
from app.jobs.model import Done, Failed, Measure
from app.jobs.platform import Platform
from app.jobs.queues import QueueView
from app.jobs.runs import claim, finish
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit_many
from app.store import queues as store
from app.store.models import StageRow
from tests.jobs.test_runs import take
from tests.kinds import queue_of, start


def view(platform: Platform, name: str = "default") -> QueueView:
    return next(found for found in queues.look(platform) if found.name == name)


def test_nothing_is_published_into_a_paused_queue(platform: Platform) -> None:
    queues.pause(platform, "default")
    start(platform, "single")
    submit_many(platform, [NewJob("local", "single")] * 40)
    Steward(platform, "s").tick()
    assert queue_of(platform).messages == []
    found = view(platform)
    assert (found.ready, found.published) == (41, 0)
    assert found.paused_at is not None


def test_what_lies_in_the_queue_finds_nothing_to_claim(platform: Platform) -> None:
    start(platform, "single")
    message = queue_of(platform).messages[0]
    queues.pause(platform, "default")
    assert claim(platform, message.job_id, message.stage_id, "lease", "w") is None
    assert view(platform).ready == 1


def test_what_runs_ends_and_what_follows_in_another_queue_goes_on(platform: Platform) -> None:
    start(platform, "chain")
    held = take(platform)
    queues.pause(platform, "default")
    assert finish(platform, held, Done({}))
    assert take(platform).name == "two"


def test_resumed_it_goes_on_from_where_it_was(platform: Platform) -> None:
    ids = [start(platform, "single") for _ in range(3)]
    queues.pause(platform, "default")
    queue_of(platform).take()
    queues.resume(platform, "default")
    Steward(platform, "s").tick()
    assert [take(platform).job_id for _ in ids] == ids


def test_old_and_new_messages_of_one_stage_start_it_once(platform: Platform) -> None:
    start(platform, "single")
    queues.pause(platform, "default")
    queues.resume(platform, "default")
    Steward(platform, "s").tick()
    first, second = queue_of(platform).take()
    claims = [claim(platform, m.job_id, m.stage_id, f"lease-{i}", "w") for i, m in enumerate((first, second))]
    assert [c is not None for c in claims] == [True, False]


def test_what_was_published_while_it_was_being_paused_is_taken_back(platform: Platform) -> None:
    start(platform, "single")
    with platform.db.write() as conn:
        store.pause(conn, "default")  # as if the publication had not seen it
    assert Steward(platform, "s").hold_back() == 1
    assert view(platform).ready == 1


def test_a_paused_queue_survives_everything_but_a_resume(platform: Platform) -> None:
    queues.pause(platform, "default")
    since = view(platform).paused_at
    queues.pause(platform, "default")
    assert view(platform).paused_at == since
    queues.resume(platform, "default")
    queues.resume(platform, "default")
    assert view(platform).paused_at is None


def test_only_queues_of_the_catalogue_can_be_paused(platform: Platform) -> None:
    with pytest.raises(NotFound, match="analysis, default"):
        queues.pause(platform, "nonsense")


def test_the_longest_wait_is_told(platform: Platform) -> None:
    start(platform, "single")
    with platform.db.write() as conn:
        conn.execute(update(StageRow).values(ready_at=StageRow.ready_at - 90_000_000))
    assert 90 <= view(platform).oldest_wait_s < 150
    assert view(platform, "analysis").oldest_wait_s == 0


def test_reuse_is_the_share_of_latest_runs_whose_result_was_there(platform: Platform) -> None:
    submit_many(platform, [NewJob("local", "single")] * 21)
    Steward(platform, "s").feed()
    for number in range(19):
        finish(platform, take(platform), Done({}, measure=Measure(reused=number % 4 == 0)))
    assert queues.reuse(platform) == {}, "too few to tell"
    finish(platform, take(platform), Failed("broken", "It broke.", retryable=False))
    assert queues.reuse(platform) == {}, "what failed had no result to find"
    finish(platform, take(platform), Done({}, measure=Measure(reused=True)))
    assert queues.reuse(platform) == {"default": 0.3}
