"""Looking at jobs: documents, validators, lists, long polls and events through plain Flask."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers_http import RecordingQueue, fail_next, run_all, run_next
from test_submitting import problem

from app.jobs import runs, status
from app.jobs.platform import Platform


def ping(client: FlaskClient, **more: Any) -> str:
    job_id: str = client.post("/api/jobs", json={"kind": "ping", **more}).get_json()["id"]
    return job_id


def test_a_job_has_an_etag_that_changes_with_it(client: FlaskClient, platform: Platform) -> None:
    url = f"/api/jobs/{ping(client)}"
    first = client.get(url)
    tag = first.headers["ETag"]
    same = client.get(url, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    run_all(platform)
    changed = client.get(url, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.get_json()["version"] > first.get_json()["version"]


def test_progress_changes_the_etag_without_a_new_version(client: FlaskClient, platform: Platform) -> None:
    job_id = ping(client)
    assert isinstance(platform.queue, RecordingQueue)
    message = platform.queue.messages[0]
    assert runs.claim(platform, job_id, message.stage_id, "lease-1", "w1") is not None
    before = client.get(f"/api/jobs/{job_id}")
    status.report_progress(platform, job_id, message.stage_id, "lease-1", 0.5, "half")
    after = client.get(f"/api/jobs/{job_id}")
    assert before.headers["ETag"] != after.headers["ETag"]
    assert before.get_json()["version"] == after.get_json()["version"]
    stage = after.get_json()["stages"][0]
    assert (stage["progress"], stage["note"], "lease" in stage) == (0.5, "half", False)


def test_a_long_poll_ends_with_a_change_or_its_time(client: FlaskClient, platform: Platform) -> None:
    job_id = ping(client)
    tag = client.get(f"/api/jobs/{job_id}").headers["ETag"]
    began = time.monotonic()
    waited = client.get(f"/api/jobs/{job_id}?wait=0.5", headers={"If-None-Match": tag})
    assert waited.status_code == 304
    assert time.monotonic() - began >= 0.5
    timer = threading.Timer(0.4, run_all, [platform])
    timer.start()
    done = client.get(f"/api/jobs/{job_id}?wait=20&version=1")
    timer.join()
    assert done.get_json()["version"] > 1
    assert client.get(f"/api/jobs/{job_id}?wait=20").get_json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("wait=61", "wait"),
        ("wait=x", "wait"),
        ("wait=nan", "wait"),
        ("version=-1", "version"),
        ("colour=1", "colour"),
        ("wait=1&wait=2", "wait"),
    ],
)
def test_wrong_queries_are_named(client: FlaskClient, query: str, field: str) -> None:
    problem(client.get(f"/api/jobs/{ping(client)}?{query}"), 422, field)


def test_events_tell_the_whole_story_and_resume(client: FlaskClient, platform: Platform) -> None:
    job_id = ping(client)
    run_all(platform)
    whole = client.get(f"/api/jobs/{job_id}/events")
    assert whole.mimetype == "text/event-stream"
    ids = [int(line[4:]) for line in whole.text.splitlines() if line.startswith("id: ")]
    assert ids == list(range(1, ids[-1] + 1))
    assert whole.text.rstrip().endswith('event: end\ndata: {"status": "succeeded", "error": null}')
    rest = client.get(f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": "2"})
    assert [int(x[4:]) for x in rest.text.splitlines() if x.startswith("id: ")] == ids[2:]
    assert client.get(f"/api/jobs/{job_id}/events?last_event_id={ids[-1]}").status_code == 204
    bad = client.get(f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": "x"})
    problem(bad, 422, "Last-Event-ID")


def test_a_failed_job_says_why_and_can_be_retried(client: FlaskClient, platform: Platform) -> None:
    job_id = ping(client)
    fail_next(platform)
    job = client.get(f"/api/jobs/{job_id}").get_json()
    assert (job["status"], job["error"]["message"]) == ("failed", "No stream in it can be read.")
    again = client.post(f"/api/jobs/{job_id}/retry")
    assert (again.status_code, again.get_json()["status"]) == (202, "queued")
    run_next(platform)
    assert client.get(f"/api/jobs/{job_id}").get_json()["status"] == "succeeded"
    problem(client.post(f"/api/jobs/{job_id}/retry"), 409)
    rows = client.get(f"/api/jobs/{job_id}/metrics").get_json()["metrics"]
    assert [row["outcome"] for row in rows] == ["failed", "succeeded"]


def test_cancel_and_delete(client: FlaskClient) -> None:
    job_id = ping(client)
    problem(client.delete(f"/api/jobs/{job_id}"), 409)
    assert client.post(f"/api/jobs/{job_id}/cancel").get_json()["status"] == "cancelled"
    problem(client.post(f"/api/jobs/{job_id}/cancel"), 409)
    assert client.delete(f"/api/jobs/{job_id}").status_code == 204
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/events")]:
        problem(client.open(f"/api/jobs/{job_id}{path}", method=method), 404)


def test_lists_are_paged_and_filtered(client: FlaskClient, platform: Platform) -> None:
    made = [ping(client, title=str(n)) for n in range(5)]
    run_next(platform)
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/api/jobs", query_string={"limit": 2, **({"cursor": cursor} if cursor else {})})
        found = page.get_json()
        seen += [job["id"] for job in found["jobs"]]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    done = client.get("/api/jobs?status=succeeded&kind=ping").get_json()["jobs"]
    assert [job["id"] for job in done] == made[:1]
    assert client.get("/api/jobs?kind=lecture").get_json() == {"jobs": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "status=done", "cursor=%21", "cursor=eA", "page=2", "kind=banana", "kind=sweep"],
)
def test_wrong_list_queries_are_named(client: FlaskClient, query: str) -> None:
    problem(client.get(f"/api/jobs?{query}"), 422, query.partition("=")[0])


def test_statistics_and_health(client: FlaskClient, platform: Platform) -> None:
    ping(client)
    ping(client)
    run_next(platform)
    stats = client.get("/api/stats").get_json()
    assert stats["jobs"] == {"queued": 1, "succeeded": 1}
    assert stats["queues"] == {"default": {"published": 1}}
    assert stats["stages"][0]["stage"] == "answer"
    health = client.get("/api/health")
    assert health.status_code == 200
    assert health.get_json()["status"] == "degraded"  # no worker holds the steward's role here
    assert health.get_json()["components"]["workers"]["status"] == "down"
    assert client.get("/api/health/live").get_json() == {"status": "ok"}
    assert client.get("/api/health/ready").get_json()["status"] == "ok"
    assert client.get("/health").status_code == 200


def test_a_lost_database_is_said_and_does_not_look_dead(
    client: FlaskClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.errors import Unavailable

    def away() -> None:
        raise Unavailable("The database cannot be reached just now.")

    monkeypatch.setattr(platform.db, "read", away)
    assert client.get("/api/health").status_code == 503
    assert client.get("/api/health/ready").get_json()["components"]["database"]["status"] == "down"
    assert client.get("/api/health/live").status_code == 200
    answer = client.get("/api/jobs")
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"
