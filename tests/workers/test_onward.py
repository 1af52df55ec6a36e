"""A pool process goes on by itself with short stages of its queue: in which order, how far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from celery import current_app
from sqlalchemy import func, select, update

from app.jobs import runs, status
from app.jobs.model import Json, Message
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit, submit_many
from app.store.models import StageRow
from benchmarks.lab.repertoire import LAB, prepare
from tests.conftest import settings_for
from workers.celery_app import make_celery
from workers.lease import LeaseKeeper
from workers.onward import run_on
from workers.process import Process, open_process

LIGHT = Message("job_1", 1, "tasks.noop_task", "default")


@pytest.fixture
def process(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Process]:
    """A pool process of the laboratory: this one."""
    prepare(postgres_url)
    environ = {"USE_CELERY": "true", "DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
    settings = settings_for(tmp_path, **environ)
    app = make_celery(settings, LAB.catalogue)
    opened = open_process(settings, app, LAB)
    yield opened
    opened.platform.db.close()
    app.close()


def submitted(process: Process, kind: str, count: int) -> list[str]:
    return [job.job_id for job in submit_many(process.platform, [NewJob("local", kind)] * count)]


def first(process: Process) -> Message:
    """What Celery would hand out."""
    message = process.queue.take("default", process.light)
    assert message is not None
    return message


def statuses(process: Process, jobs: list[str]) -> list[str]:
    return [status.read(process.platform, "local", job_id)["status"] for job_id in jobs]


def test_short_stages_of_one_queue_are_run_one_after_the_other(process: Process) -> None:
    jobs = submitted(process, "noop", 12)
    message = first(process)
    run_on(process, message.job_id, message.stage_id)
    assert statuses(process, jobs) == ["succeeded"] * 12
    assert process.queue.depth("default") == 0


def test_after_a_moment_the_rest_is_left_to_celery(process: Process) -> None:
    jobs = submitted(process, "rest", 3)  # a quarter of a second each
    message = first(process)
    run_on(process, message.job_id, message.stage_id)
    assert statuses(process, jobs).count("succeeded") == 1
    assert process.queue.depth("default") == 2


def test_a_process_that_stops_takes_nothing_more(process: Process) -> None:
    submitted(process, "noop", 3)
    message = first(process)
    process.stopping.set()
    run_on(process, message.job_id, message.stage_id)
    assert process.queue.depth("default") == 2


def test_what_lies_ahead_is_taken_before_what_lies_behind(process: Process) -> None:
    process.queue.publish([replace(LIGHT, stage_id=i, behind=i < 2) for i in range(4)])
    taken = [process.queue.take("default", process.light) for _ in range(5)]
    assert [message.stage_id if message else None for message in taken] == [2, 3, 0, 1, None]
    assert taken[0] == replace(LIGHT, stage_id=2)


@pytest.mark.parametrize("behind", [False, True])
def test_what_is_not_light_stays_first_in_its_list(process: Process, behind: bool) -> None:
    heavy = replace(LIGHT, task="tasks.sleep_task", behind=behind)
    process.queue.publish([heavy, replace(LIGHT, behind=behind)])
    assert process.queue.take("default", process.light) is None
    assert process.queue.depth("default") == 2
    taken = process.queue.take("default", {heavy.task})
    assert taken is not None
    assert taken.task == heavy.task


def test_a_task_that_is_no_stage_is_left_to_celery(process: Process) -> None:
    current_app.send_task("tasks.create_due_jobs_task", queue="maintenance")
    assert process.queue.take("maintenance", {"tasks.create_due_jobs_task"}) is None
    assert process.queue.depth("maintenance") == 1


def test_the_connection_comes_back_after_the_server_hung_up(process: Process, redis_url: str) -> None:
    process.queue.publish([LIGHT, LIGHT])
    assert process.queue.take("default", process.light) is not None
    with redis.Redis.from_url(redis_url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert process.queue.take("default", process.light) is not None


def test_the_start_of_a_light_stage_is_told_by_its_first_heartbeat(process: Process) -> None:
    platform = process.platform
    job_id = submit(platform, NewJob("local", "doze")).job_id
    assert statuses(process, [job_id]) == ["queued"]
    message = first(process)
    claim = runs.claim(platform, message.job_id, message.stage_id, "lease", "w")
    assert claim is not None
    assert LeaseKeeper(platform, claim).beat()
    assert statuses(process, [job_id]) == ["running"]


def test_a_result_that_the_database_refuses_keeps_no_other_from_being_committed(process: Process) -> None:
    results = iter([{"n": 0}, {"text": "a\0b"}, {"n": 2}])
    chores = {**process.platform.chores, "noop": lambda _: next(results)}
    process.platform = replace(process.platform, chores=chores)
    jobs = submitted(process, "noop", 3)
    message = first(process)
    run_on(process, message.job_id, message.stage_id)
    assert statuses(process, jobs) == ["succeeded", "running", "succeeded"]
    (row,) = status.read(process.platform, "local", jobs[1])["stages"]
    assert "could not be stored" in row["error"]["message"]


def test_what_was_lost_before_takes_no_other_along(process: Process) -> None:
    """Should it kill the process again: all that ended before it has been committed."""
    ended: list[int] = []
    live = select(func.count()).where(StageRow.state == "succeeded")

    def count(platform: Platform) -> Json:
        with platform.db.read() as conn:
            ended.append(conn.execute(live).scalar_one())
        return {}

    chores = {**process.platform.chores, "noop": count}
    process.platform = replace(process.platform, chores=chores)
    submitted(process, "noop", 8)
    with process.platform.db.write() as conn:
        conn.execute(update(StageRow).values(losses=1))
    message = first(process)
    run_on(process, message.job_id, message.stage_id)
    assert ended == list(range(8))
