"""Cleanup removes what nobody needs any more, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import update

from app.jobs import control
from app.jobs.submit import NewJob, submit
from app.stages.chores import cleanup, collect_statistics, health_check
from app.stages.schedule import create_due_jobs
from app.store import files, reading
from app.store.models import File, Job, Upload
from tests.workers.conftest import SPEECH, MakePlatform, submit_speech, upload
from tests.workers.test_run_stage import run_next


def test_expired_jobs_go_and_their_files_with_them(make_platform: MakePlatform, tmp_path: Path) -> None:
    platform = make_platform()
    kept_file = tmp_path / "kept.ogg"
    kept_file.write_bytes(SPEECH.read_bytes() + b"x")
    kept = submit(platform, NewJob("local", "lecture", source=upload(platform, kept_file))).job_id
    old = submit_speech(platform)
    control.cancel(platform, "local", old)
    with platform.db.write() as conn:
        conn.execute(update(Job).where(Job.id == old).values(ended_at=1))
        conn.execute(update(Upload).values(created_at=1))
        conn.execute(update(File).values(touched_at=1))
    for digest, _ in list(platform.storage.digests()):
        os.utime(platform.storage.path(digest), (1, 1))
    done = cleanup(platform)
    assert (done["jobs"], done["uploads"], done["contents"]) == (1, 2, 1)
    with platform.db.read() as conn:
        assert reading.job(conn, old) is None
        job = reading.job(conn, kept)
    assert job is not None
    assert platform.storage.has(job.source_digest)
    assert cleanup(platform)["contents"] == 0


def test_a_young_content_is_left_alone_even_if_no_row_names_it(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    platform = make_platform()
    digest, size = platform.storage.put(SPEECH)
    with platform.db.write() as conn:
        files.touch(conn, digest, size)
    cleanup(platform)
    assert platform.storage.has(digest)


def test_bytes_that_were_stored_again_meanwhile_stay(make_platform: MakePlatform) -> None:
    platform = make_platform()
    digest, size = platform.storage.put(SPEECH)
    with platform.db.write() as conn:
        files.touch(conn, digest, size)
        conn.execute(update(File).values(touched_at=1))
    cleanup(platform)
    assert platform.storage.has(digest), "a child has just put the same bytes and will name them soon"


def test_bytes_without_a_row_are_orphans_after_a_day(make_platform: MakePlatform, tmp_path: Path) -> None:
    platform = make_platform()
    digest, _ = platform.storage.put(SPEECH)
    assert cleanup(platform)["orphans"] == 0
    long_ago = time.time() - 2 * 86_400
    os.utime(platform.storage.path(digest), (long_ago, long_ago))
    assert cleanup(platform)["orphans"] == 1
    assert not platform.storage.has(digest)


def test_health_and_statistics_look_at_the_real_parts(make_platform: MakePlatform) -> None:
    platform = make_platform()
    submit_speech(platform)
    assert health_check(platform)["queues"] == {
        "default": {"published": 1},
        "analysis": {"waiting": 3},
        "extraction": {"waiting": 3},
        "generation": {"waiting": 3},
    }
    assert collect_statistics(platform)["jobs"] == {"queued": 1}


@pytest.mark.parametrize("times", [2, 5])
def test_a_slot_of_the_schedule_makes_one_job(make_platform: MakePlatform, times: int) -> None:
    platform = make_platform()
    digest, size = platform.storage.put(SPEECH)
    with platform.db.write() as conn:
        files.touch(conn, digest, size)
        conn.execute(update(File).values(touched_at=1))
    os.utime(platform.storage.path(digest), (1, 1))
    made = [job_id for _ in range(times) for job_id in create_due_jobs(platform)]
    assert len(made) == 3
    for _ in made:
        run_next(platform)
    with platform.db.read() as conn:
        jobs = reading.jobs(conn, "system", status=None, kind=None, before=None, limit=10)
    assert {job.kind for job in jobs} == {"cleanup", "health_check", "collect_statistics"}
    assert {job.status for job in jobs} == {"succeeded"}
    assert not platform.storage.has(digest)
