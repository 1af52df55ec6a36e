"""What dead processes of this machine held is taken back at once, once, and runs again; over both stacks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import update

from app.errors import Unavailable
from app.jobs import control, rescue, runs, status
from app.jobs.holder import new_lease
from app.jobs.limits import loss_pause_s
from app.jobs.model import Claim, Done
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.store import reading
from app.store.models import StageRow
from tests.jobs.test_runs import claim
from tests.kinds import queue_of, start


def dead_lease() -> str:
    script = "from app.jobs.holder import new_lease; print(new_lease())"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout[
        :-1
    ]


def hold(platform: Platform, lease: str) -> Claim:
    (message,) = queue_of(platform).take()
    held = claim(platform, message, lease)
    assert held is not None
    return held


def test_what_the_dead_held_runs_again_at_once_and_their_late_finish_is_refused(platform: Platform) -> None:
    job_id = start(platform, "single")
    late = hold(platform, dead_lease())
    assert rescue.of_the_dead(platform) == 1
    assert rescue.of_the_dead(platform) == 0, "one death is one loss"
    fresh = hold(platform, new_lease())
    assert fresh.losses == 1
    assert rescue.of_the_dead(platform) == 0, "its holder lives"
    assert not runs.finish(platform, late, Done({"by": "late"}))
    assert runs.heartbeat(platform, late) is None
    assert runs.finish(platform, fresh, Done({"by": "fresh"}))
    document = status.read(platform, "local", job_id)
    assert document["status"] == "succeeded"
    assert (document["stages"][0]["losses"], document["stages"][0]["failures"]) == (1, 0)
    with platform.db.read() as conn:
        told = [event.type for event in reading.events_after(conn, job_id, 0)]
    assert told.count("stage.lost") == 1


def test_any_process_sees_it_even_one_that_has_just_begun_and_is_not_the_steward(platform: Platform) -> None:
    assert Steward(platform, "first").tick()
    start(platform, "single")
    hold(platform, dead_lease())
    assert not Steward(platform, "second").tick()
    assert hold(platform, new_lease()).losses == 1


def test_a_lease_from_elsewhere_is_left_until_it_runs_out(platform: Platform) -> None:
    start(platform, "single")
    held = hold(platform, "0123456789" + dead_lease()[10:])
    assert rescue.of_the_dead(platform) == 0
    assert runs.heartbeat(platform, held) is not None


def test_what_kills_its_workers_waits_longer_each_time_and_is_given_up(
    platform: Platform,
) -> None:
    job_id = start(platform, "single")
    most = platform.settings.max_losses
    for losses in range(1, most + 1):
        hold(platform, dead_lease())
        assert rescue.of_the_dead(platform) == 1
        if 1 < losses < most:
            assert queue_of(platform).messages == [], "it waits for a while"
            with platform.db.write() as conn:
                conn.execute(update(StageRow).where(StageRow.state == "ready").values(run_at=1))
            Steward(platform, "s").feed()
    document = status.read(platform, "local", job_id)
    assert document["status"] == "failed"
    assert document["error"]["code"] == "worker_lost"
    assert f"died {most} times" in document["error"]["message"]


def test_pauses_after_losses_grow_up_to_half_a_lease() -> None:
    assert [loss_pause_s(losses, 15) for losses in range(1, 8)] == [0, 1, 2, 4, 7.5, 7.5, 7.5]


def test_a_job_that_was_being_cancelled_ends_with_its_dead_worker(platform: Platform) -> None:
    job_id = start(platform, "single")
    hold(platform, dead_lease())
    control.cancel(platform, "local", job_id)
    assert rescue.of_the_dead(platform) == 1
    assert status.read(platform, "local", job_id)["status"] == "cancelled"


def test_one_that_somebody_locks_holds_up_no_other(full_platform: Platform) -> None:
    from app.store.jobs import lock_job

    locked = start(full_platform, "single")
    hold(full_platform, dead_lease())
    start(full_platform, "single")
    hold(full_platform, dead_lease())
    with full_platform.db.write() as conn:
        lock_job(conn, locked)
        assert rescue.of_the_dead(full_platform) == 1
    assert rescue.of_the_dead(full_platform) == 1


def test_before_others_that_wait_it_is_sent_again(platform: Platform) -> None:
    """As the steward would: it has stood in line before."""
    start(platform, "single")
    hold(platform, dead_lease())
    for _ in range(platform.settings.publish_window + 10):
        start(platform, "single")
    queue_of(platform).take()
    assert rescue.of_the_dead(platform) == 1
    (message,) = queue_of(platform).take()
    assert not message.behind


def test_with_the_database_away_it_is_done_when_it_is_back(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(platform, "single")
    hold(platform, dead_lease())
    write = platform.db.write

    def away(**_: object) -> object:
        raise Unavailable("The database cannot be reached just now.")

    monkeypatch.setattr(platform.db, "write", away)
    assert rescue.of_the_dead(platform) == 0
    monkeypatch.setattr(platform.db, "write", write)
    assert rescue.of_the_dead(platform) == 1
