"""Claim, heartbeat and finish, over both stacks: who holds a stage, and what its end sets in motion."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from app.errors import Conflict, NotFound
from app.jobs import control, runs, status
from app.jobs.model import Claim, Done, Failed, JobStatus, Measure, Message, Snoozed, Stopped
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.store import reading
from app.store.models import JobMetrics, StageRow
from tests.kinds import queue_of, start
from workers.lease import LeaseKeeper
from workers.run import _commit


def claim(platform: Platform, message: Message, lease: str | None = None) -> Claim | None:
    return runs.claim(platform, message.job_id, message.stage_id, lease or str(uuid.uuid4()), "w1")


def take(platform: Platform, name: str | None = None) -> Claim:
    """Claim the only (or the named) message of the queue."""
    queue = queue_of(platform)
    messages = [m for m in queue.messages if name is None or m.task == f"tasks.{name}_task"]
    queue.messages.remove(messages[0])
    got = claim(platform, messages[0])
    assert got is not None
    return got


def finish(platform: Platform, held: Claim, **result: object) -> bool:
    return runs.finish(platform, held, Done(dict(result), Measure(1.5, 1.0, 1000)))


def look(platform: Platform, job_id: str) -> tuple[str, dict[str, str]]:
    document = status.read(platform, "local", job_id)
    return document["status"], {s["name"]: s["state"] for s in document["stages"]}


def test_a_doubled_message_is_claimed_once(platform: Platform) -> None:
    start(platform, "single")
    (message,) = queue_of(platform).take()
    assert claim(platform, message) is not None
    assert [claim(platform, message) for _ in range(9)] == [None] * 9


def test_many_workers_at_once_get_one_claim(full_platform: Platform) -> None:
    for _ in range(10):
        start(full_platform, "single")
        (message,) = queue_of(full_platform).take()
        with ThreadPoolExecutor(10) as pool:
            got = list(pool.map(lambda _, m=message: claim(full_platform, m), range(10)))  # type: ignore[misc]
        assert sum(g is not None for g in got) == 1


def test_a_claim_whose_reply_was_lost_can_be_repeated(platform: Platform) -> None:
    start(platform, "single")
    (message,) = queue_of(platform).take()
    first, again = claim(platform, message, "lease-1"), claim(platform, message, "lease-1")
    assert first is not None
    assert again is not None
    assert (first.lease_id, first.stage_id) == (again.lease_id, again.stage_id)


def test_results_travel_along_the_edges_and_are_measured(platform: Platform) -> None:
    job_id = start(platform, "chain")
    assert finish(platform, take(platform), answer=42)
    two = take(platform)
    assert runs.inputs(platform, two) == {"one": [{"answer": 42}]}
    assert finish(platform, two)
    assert look(platform, job_id) == ("succeeded", {"one": "succeeded", "two": "succeeded"})
    with platform.db.read() as conn:
        rows = conn.execute(select(JobMetrics.stage, JobMetrics.processing_time)).all()
    assert [(r.stage, r.processing_time) for r in rows] == [("one", 1.5), ("two", 1.5)]


def test_a_finish_whose_reply_was_lost_can_be_repeated(platform: Platform) -> None:
    job_id = start(platform, "chain")
    held = take(platform)
    assert finish(platform, held)
    assert finish(platform, held)
    with platform.db.read() as conn:
        assert len(conn.execute(select(JobMetrics.id)).all()) == 1
        types = [e.type for e in reading.events_after(conn, job_id, 0)]
    assert types.count("stage.succeeded") == 1
    assert len(queue_of(platform).messages) == 1


def test_a_stale_performer_cannot_finish(platform: Platform) -> None:
    job_id = start(platform, "single")
    late = take(platform)
    expire(platform)
    assert Steward(platform, "s").rescue() == 1
    Steward(platform, "s").feed()
    fresh = take(platform)
    assert not finish(platform, late, by="late")
    assert runs.heartbeat(platform, late) is None
    assert finish(platform, fresh, by="fresh")
    assert look(platform, job_id)[0] == "succeeded"
    with platform.db.read() as conn:
        assert conn.execute(select(StageRow.result)).scalar_one() == {"by": "fresh"}


def expire(platform: Platform) -> None:
    with platform.db.write() as conn:
        conn.execute(update(StageRow).where(StageRow.state == "running").values(lease_until=1))


def test_a_heartbeat_never_goes_past_the_deadline(platform: Platform) -> None:
    start(platform, "single")
    held = take(platform)
    with platform.db.write() as conn:
        conn.execute(update(StageRow).values(deadline_at=12345))
    assert runs.heartbeat(platform, held) is JobStatus.RUNNING
    with platform.db.read() as conn:
        assert conn.execute(select(StageRow.lease_until)).scalar_one() == 12345


def test_a_fan_out_runs_every_chunk_and_joins_them_in_order(platform: Platform) -> None:
    job_id = start(platform, "fan")
    split = take(platform)
    assert runs.finish(platform, split, Done({}, spawn=({"n": 0}, {"n": 1}, {"n": 2})))
    pieces = [take(platform) for _ in range(3)]
    assert sorted(p.stage_params["n"] for p in pieces) == [0, 1, 2]
    for piece in reversed(pieces):
        assert "gather" not in str(queue_of(platform).messages)
        finish(platform, piece, n=piece.stage_params["n"])
    gather = take(platform)
    assert runs.inputs(platform, gather)["piece"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    finish(platform, gather)
    assert look(platform, job_id)[0] == "succeeded"


def test_a_split_into_nothing_goes_on(platform: Platform) -> None:
    job_id = start(platform, "fan")
    finish(platform, take(platform))
    finish(platform, take(platform, "gather"))
    assert look(platform, job_id)[0] == "succeeded"


def test_parents_that_finish_at_once_never_leave_their_child_waiting(full_platform: Platform) -> None:
    for _ in range(25):
        start(full_platform, "diamond")
        finish(full_platform, take(full_platform))
        sides = [take(full_platform), take(full_platform)]
        gate = threading.Barrier(2)

        def end(held: Claim, gate: threading.Barrier = gate) -> bool:
            gate.wait()
            return finish(full_platform, held)

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(end, sides)) == [True, True]
        finish(full_platform, take(full_platform, "bottom"))


def fail(platform: Platform, held: Claim, *, retryable: bool = True) -> None:
    assert runs.finish(platform, held, Failed("bad", "It did not work.", retryable, "trace"))


def test_a_failure_is_tried_again_later_and_then_ends_the_job(platform: Platform) -> None:
    job_id = start(platform, "chain")
    steward = Steward(platform, "s")
    for attempt in range(platform.settings.max_failures):
        fail(platform, take(platform))
        if attempt < platform.settings.max_failures - 1:
            assert queue_of(platform).messages == []
            assert steward.feed() == 0, "the backoff has not passed"
            no_backoff(platform)
            assert steward.feed() == 1
    assert look(platform, job_id) == ("failed", {"one": "failed", "two": "skipped"})
    document = status.read(platform, "local", job_id)
    assert document["error"]["message"] == "It did not work."
    assert "traceback" not in document["stages"][0]["error"]


def no_backoff(platform: Platform) -> None:
    with platform.db.write() as conn:
        conn.execute(update(StageRow).where(StageRow.state == "ready").values(run_at=1))


def test_bad_input_is_not_tried_again(platform: Platform) -> None:
    job_id = start(platform, "single")
    fail(platform, take(platform), retryable=False)
    assert look(platform, job_id)[0] == "failed"


def test_an_optional_stage_may_die_and_is_noted(platform: Platform) -> None:
    job_id = start(platform, "diamond")
    finish(platform, take(platform))
    fail(platform, take(platform, "right"), retryable=False)
    finish(platform, take(platform, "left"))
    finish(platform, take(platform, "bottom"))
    assert look(platform, job_id)[0] == "succeeded"
    assert status.read(platform, "local", job_id)["warnings"] == ["It did not work."]


def test_losses_are_counted_apart_and_end_a_poison_job(platform: Platform) -> None:
    job_id = start(platform, "single")
    steward = Steward(platform, "s")
    for _ in range(platform.settings.max_losses):
        take(platform)
        expire(platform)
        assert steward.rescue() == 1
        steward.feed()
    document = status.read(platform, "local", job_id)
    assert document["status"] == "failed"
    assert (document["stages"][0]["failures"], document["stages"][0]["losses"]) == (0, 10)
    assert "died" in document["error"]["message"]


def test_snoozing_and_shutting_down_cost_no_attempt(platform: Platform) -> None:
    start(platform, "single")
    runs.finish(platform, take(platform), Snoozed(30.0))
    assert Steward(platform, "s").feed() == 0
    no_backoff(platform)
    assert Steward(platform, "s").feed() == 1
    runs.finish(platform, take(platform), Stopped())
    held = take(platform)
    assert held.failures == 0


def test_cancel_of_a_queued_job_ends_it_at_once(platform: Platform) -> None:
    job_id = start(platform, "chain")
    assert control.cancel(platform, "local", job_id) is JobStatus.CANCELLED
    (message,) = queue_of(platform).take()
    assert claim(platform, message) is None
    with pytest.raises(Conflict):
        control.cancel(platform, "local", job_id)


def test_cancel_of_a_running_job_waits_for_its_stage(platform: Platform) -> None:
    job_id = start(platform, "chain")
    held = take(platform)
    assert control.cancel(platform, "local", job_id) is JobStatus.CANCELLING
    assert control.cancel(platform, "local", job_id) is JobStatus.CANCELLING
    assert runs.heartbeat(platform, held) is JobStatus.CANCELLING
    assert runs.finish(platform, held, Stopped())
    assert look(platform, job_id) == ("cancelled", {"one": "cancelled", "two": "cancelled"})


def test_what_finishes_under_a_cancel_is_kept_and_starts_nothing(platform: Platform) -> None:
    job_id = start(platform, "chain")
    held = take(platform)
    control.cancel(platform, "local", job_id)
    finish(platform, held, n=1)
    assert look(platform, job_id) == ("cancelled", {"one": "succeeded", "two": "cancelled"})
    assert queue_of(platform).messages == []
    assert control.retry(platform, "local", job_id) is JobStatus.QUEUED
    finish(platform, take(platform, "two"))
    assert look(platform, job_id)[0] == "succeeded"


def test_retry_of_a_cancelled_job_that_had_nothing_left_to_do_ends_it_properly(platform: Platform) -> None:
    job_id = start(platform, "single")
    held = take(platform)
    control.cancel(platform, "local", job_id)
    finish(platform, held)
    assert look(platform, job_id)[0] == "cancelled"
    assert control.retry(platform, "local", job_id) is JobStatus.SUCCEEDED
    document = status.read(platform, "local", job_id)
    assert (document["status"], document["ended_at"] is None) == ("succeeded", False)
    with platform.db.read() as conn:
        assert reading.events_after(conn, job_id, 0)[-1].type == "job.succeeded"


def test_retry_keeps_what_finished_stages_warned_of(platform: Platform) -> None:
    job_id = start(platform, "chain")
    finish(platform, take(platform), warnings=["No speech."])
    fail(platform, take(platform), retryable=False)
    control.retry(platform, "local", job_id)
    assert status.read(platform, "local", job_id)["warnings"] == ["No speech."]


def test_an_outcome_that_the_database_refuses_is_a_failure_with_a_reason(full_platform: Platform) -> None:
    job_id = start(full_platform, "single")
    held = take(full_platform)
    lease = LeaseKeeper(full_platform, held)
    assert _commit(full_platform, held, Done({"text": "a\0b"}), None, lease)
    (row,) = status.read(full_platform, "local", job_id)["stages"]
    assert (row["state"], row["failures"], row["losses"]) == ("ready", 1, 0)
    assert "could not be stored" in row["error"]["message"]


def test_the_last_words_of_a_crash_can_always_be_stored(full_platform: Platform) -> None:
    start(full_platform, "single")
    held = take(full_platform)
    assert runs.finish(full_platform, held, Failed("crashed", "a\0b", False, "trace\0 \ud800"))


def test_retry_goes_on_from_the_failed_stage(platform: Platform) -> None:
    job_id = start(platform, "diamond")
    finish(platform, take(platform))
    finish(platform, take(platform, "right"))
    with pytest.raises(Conflict):
        control.retry(platform, "local", job_id)
    fail(platform, take(platform, "left"), retryable=False)
    assert look(platform, job_id)[0] == "failed"
    control.retry(platform, "local", job_id)
    assert [m.task for m in queue_of(platform).messages] == ["tasks.left_task"]
    finish(platform, take(platform, "left"))
    finish(platform, take(platform, "bottom"))
    assert look(platform, job_id)[0] == "succeeded"


def test_a_lost_worker_under_a_cancel_ends_the_job(platform: Platform) -> None:
    job_id = start(platform, "single")
    take(platform)
    control.cancel(platform, "local", job_id)
    expire(platform)
    assert Steward(platform, "s").rescue() == 1
    assert look(platform, job_id)[0] == "cancelled"


def test_another_owner_sees_and_touches_nothing(platform: Platform) -> None:
    job_id = start(platform, "single")
    for touch in (status.read, control.cancel, control.retry, control.delete):
        with pytest.raises(NotFound):
            touch(platform, "system", job_id)


def test_an_ended_job_can_be_deleted_with_all_its_rows(platform: Platform) -> None:
    job_id = start(platform, "single")
    with pytest.raises(Conflict):
        control.delete(platform, "local", job_id)
    finish(platform, take(platform))
    status.read(platform, "local", job_id)
    control.delete(platform, "local", job_id)
    with pytest.raises(NotFound):
        status.read(platform, "local", job_id)
    with platform.db.read() as conn:
        assert conn.execute(select(StageRow.id)).all() == []
