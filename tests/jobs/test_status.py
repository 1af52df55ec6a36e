from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import Unavailable
from app.jobs import status
from app.jobs.platform import Platform
from app.store import reading
from tests.jobs.test_runs import finish, take
from tests.kinds import start


def test_an_older_version_never_replaces_a_newer_one(platform: Platform) -> None:
    cache = platform.cache
    assert cache.put_newer("k", 5, b"five", 60)
    assert not cache.put_newer("k", 4, b"four", 60)
    assert cache.put_newer("k", 5, b"again", 60)
    assert cache.get_versioned("k") == (5, b"again")


def test_racing_writers_leave_the_newest(platform: Platform) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda v: platform.cache.put_newer("r", v, str(v).encode(), 60), range(200)))
    assert platform.cache.get_versioned("r") == (199, b"199")


def test_a_change_is_seen_at_once_although_the_old_status_was_cached(platform: Platform) -> None:
    job_id = start(platform, "single")
    assert status.read(platform, "local", job_id)["status"] == "queued"
    held = take(platform)
    assert status.read(platform, "local", job_id)["status"] == "running"
    finish(platform, held)
    assert status.read(platform, "local", job_id)["status"] == "succeeded"


def test_an_ended_job_is_answered_from_the_cache_alone(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(platform, "single")
    finish(platform, take(platform))
    first = status.read(platform, "local", job_id)
    monkeypatch.setattr(reading, "job", None)
    assert status.read(platform, "local", job_id) == first


def test_a_finish_that_the_cache_missed_is_seen_soon(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(platform, "single")
    held = take(platform)
    status.read(platform, "local", job_id)

    def down(*_: object) -> None:
        raise Unavailable("The cache does not answer just now.")

    with monkeypatch.context() as patch:
        patch.setattr(platform.cache, "put_newer", down)
        finish(platform, held)
    threading.Event().wait(platform.settings.status_revalidate_s + 0.1)
    assert status.read(platform, "local", job_id)["status"] == "succeeded"


def test_without_a_cache_the_database_answers(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = start(platform, "single")

    def down(*_: object, **__: object) -> None:
        raise Unavailable("The cache does not answer just now.")

    for name in ("get_versioned", "put_newer", "hash_all", "hash_put", "notify"):
        monkeypatch.setattr(platform.cache, name, down)
    held = take(platform)
    status.report_progress(platform, job_id, held.stage_id, held.lease_id, 0.5, "working")
    finish(platform, held)
    assert status.read(platform, "local", job_id)["status"] == "succeeded"


def test_progress_counts_only_under_the_lease_that_reported_it(platform: Platform) -> None:
    job_id = start(platform, "single")
    held = take(platform)
    status.report_progress(platform, job_id, held.stage_id, "an older lease", 0.9, "")
    assert status.read(platform, "local", job_id)["progress"] == 0.0
    status.report_progress(platform, job_id, held.stage_id, held.lease_id, 0.25, "a quarter")
    document = status.read(platform, "local", job_id)
    assert (document["progress"], document["stages"][0]["note"]) == (0.25, "a quarter")


def test_many_readers_of_a_cold_entry_ask_the_database_once(
    full_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(full_platform, "single")
    asked = []
    real = reading.job

    def counted(*args: object) -> object:
        asked.append(1)
        threading.Event().wait(0.05)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "job", counted)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: status.read(full_platform, "local", job_id), range(20)))
    assert len(asked) == 1


def test_event_numbers_are_the_jobs_versions_without_gaps(platform: Platform) -> None:
    job_id = start(platform, "chain")
    finish(platform, take(platform))
    finish(platform, take(platform))
    with platform.db.read() as conn:
        events = reading.events_after(conn, job_id, 0)
        version = reading.job(conn, job_id).version  # type: ignore[union-attr]
    assert [e.version for e in events] == list(range(1, version + 1))
    assert events[-1].type == "job.succeeded"
    json.dumps(status.read(platform, "local", job_id))
