"""What was done before ends in a chain, without messages: as if each stage had gone its own way."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.jobs import following, queues
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.store.models import Job, JobMetrics, Result, StageRow
from tests.workers.known_work import hand_in, rows, serve, states, status_of, told


@pytest.mark.parametrize("kind", ["fan", "chain", "diamond"])
def test_a_job_led_on_leaves_what_one_that_ran_all_left(lab: Platform, source: Path, kind: str) -> None:
    first = hand_in(lab, source, kind)
    assert not any(serve(lab))
    again = hand_in(lab, source, kind)
    assert serve(lab) == [True], "one message, and all else follows"
    assert rows(lab, again) == rows(lab, first)
    assert status_of(lab, again) == "succeeded"
    (numbers, said), (_, said_first) = told(lab, again), told(lab, first)
    assert numbers == list(range(1, len(numbers) + 1))
    assert said == said_first
    with lab.db.read() as conn:
        moments = select(StageRow.started_at, StageRow.ended_at).where(StageRow.job_id == again)
        assert all(started and ended for started, ended in conn.execute(moments))
        assert all(conn.execute(select(JobMetrics.reused).where(JobMetrics.job_id == again)).scalars())


def test_more_than_fits_one_transaction_follows_in_several(
    lab: Platform, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_AT_ONCE", 2)
    first = hand_in(lab, source)
    serve(lab)
    again = hand_in(lab, source)
    assert serve(lab) == [True]
    assert rows(lab, again) == rows(lab, first)


def test_where_work_is_to_be_done_it_is_done_and_only_there(lab: Platform, source: Path) -> None:
    hand_in(lab, source)
    serve(lab)
    with lab.db.write() as conn:
        keys = conn.execute(select(Result.key).where(Result.stage == "piece").order_by(Result.key)).scalars()
        conn.execute(Result.__table__.delete().where(Result.key == keys.all()[2]))
    again = hand_in(lab, source)
    assert serve(lab) == [True, False, True], "split, the piece that is to be made, and what gathers them"
    assert status_of(lab, again) == "succeeded"


def test_a_kept_result_whose_file_is_gone_is_made_again(lab: Platform, source: Path) -> None:
    hand_in(lab, source)
    serve(lab)
    with lab.db.read() as conn:
        kept = conn.execute(select(Result.result).where(Result.stage == "gather")).scalar_one()
    (digest,) = kept["files"]
    lab.storage.delete(digest)
    again = hand_in(lab, source)
    assert serve(lab) == [True, False]
    assert status_of(lab, again) == "succeeded"
    assert lab.storage.has(digest)


def test_another_owners_results_are_not_found(lab: Platform, source: Path) -> None:
    hand_in(lab, source)
    serve(lab)
    job_id = hand_in(lab, source)
    with lab.db.write() as conn:
        conn.execute(update(StageRow).where(StageRow.job_id == job_id).values(owner_id="system"))
        conn.execute(update(Job).where(Job.id == job_id).values(owner_id="system"))
    assert not any(serve(lab))


def test_a_paused_queue_stays_paused(lab: Platform, source: Path) -> None:
    hand_in(lab, source, "chain")
    serve(lab)
    queues.pause(lab, "analysis")
    again = hand_in(lab, source, "chain")
    assert serve(lab) == [True]
    assert states(lab, again) == {"succeeded": 1, "ready": 1}
    queues.resume(lab, "analysis")
    Steward(lab, "s").feed()
    assert serve(lab) == [True]
    assert status_of(lab, again) == "succeeded"
