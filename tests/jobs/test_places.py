"""Places in line, as a queued job's document shows them; on both stacks."""

from __future__ import annotations

from app.jobs import placing, queues, status
from app.jobs.model import Done, Json
from app.jobs.places import write
from app.jobs.platform import Platform
from app.jobs.runs import finish
from app.jobs.steward import Steward
from app.jobs.submit import NewJob, submit_many
from tests.jobs.test_admission import LIMIT, add_owners, flood
from tests.jobs.test_runs import take
from tests.kinds import start
from workers.presence import Presence


def shown(platform: Platform, job_id: str, owner: str = "local") -> Json:
    return status.read(platform, owner, job_id)


def test_a_queued_job_says_how_many_stand_before_it(platform: Platform) -> None:
    flooded = [s.job_id for s in submit_many(platform, [NewJob("local", "single")] * 60)]
    small = submit_many(platform, [NewJob("system", "single")])[0].job_id
    Steward(platform, "s").tick()
    assert shown(platform, flooded[0])["queue_position"] == 1
    assert shown(platform, flooded[59])["queue_position"] == 61
    assert shown(platform, small, "system")["queue_position"] <= 2, "owners take turns"
    assert shown(platform, small, "system")["paused"] is False


def test_the_estimate_comes_from_what_the_workers_did(platform: Platform) -> None:
    Presence(platform.db, "w@host", ["default"], 1).beat()
    ids = [start(platform, "single") for _ in range(4)]
    for _ in range(2):
        finish(platform, take(platform), Done({}))
    write(platform)
    assert shown(platform, ids[2])["estimated_start_at"].endswith("Z")
    assert "queue_position" not in shown(platform, ids[0]), "it has ended"


def test_a_job_that_has_begun_has_no_place_any_more(platform: Platform) -> None:
    job_id = start(platform, "chain")
    write(platform)
    assert shown(platform, job_id)["queue_position"] == 1
    held = take(platform)
    assert "queue_position" not in shown(platform, job_id)
    finish(platform, held, Done({}))
    assert "queue_position" not in shown(platform, job_id), "between two stages, either"


def test_who_waits_for_a_running_limit_stands_in_line_too(platform: Platform) -> None:
    add_owners(platform, "ada")
    jobs = flood(platform, "ada", LIMIT + 2)
    write(platform)
    assert [shown(platform, job, "ada")["queue_position"] for job in jobs] == list(range(1, LIMIT + 3))
    assert shown(platform, jobs[-1], "ada")["estimated_start_at"] is None, "no job has ever ended"


def test_what_waits_for_a_paused_queue_says_so(platform: Platform) -> None:
    queued, begun = start(platform, "single"), start(platform, "chain")
    queues.pause(platform, "analysis")
    finish(platform, take(platform), Done({}))
    finish(platform, take(platform, "one"), Done({}))
    queued = start(platform, "single")
    queues.pause(platform, "default")
    Steward(platform, "s").tick()
    assert shown(platform, queued)["paused"]
    assert shown(platform, queued)["estimated_start_at"] is None
    assert shown(platform, begun)["paused"]
    assert "queue_position" not in shown(platform, begun)


def test_the_tag_changes_with_the_place(platform: Platform) -> None:
    first, second = start(platform, "single"), start(platform, "single")
    before = status.answer(platform, "local", second)[0]
    write(platform)
    placed = status.answer(platform, "local", second)[0]
    finish(platform, take(platform), Done({}))
    write(platform)
    later = status.answer(platform, "local", second)[0]
    assert len({before, placed, later}) == 3
    assert placing.of(platform, [first, second])[second]["queue_position"] == 1
