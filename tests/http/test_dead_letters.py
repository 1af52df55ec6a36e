"""Dead letters over HTTP: a page of them, filters, replay."""

from __future__ import annotations

from flask.testing import FlaskClient
from helpers_http import fail_next
from test_submitting import problem, send

from app.jobs.platform import Platform


def test_what_failed_is_listed_with_its_reason_and_replayed(client: FlaskClient, platform: Platform) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(send(client).get_json()["id"])
        fail_next(platform)
    page = client.get("/api/dead-letters?limit=2").get_json()
    assert [letter["job_id"] for letter in page["dead_letters"]] == jobs[:0:-1]
    assert page["dead_letters"][0]["reason"] == "No stream in it can be read."
    rest = client.get(f"/api/dead-letters?cursor={page['next_cursor']}").get_json()
    assert [letter["job_id"] for letter in rest["dead_letters"]] == jobs[:1]
    assert rest["next_cursor"] is None
    done = client.post("/api/dead-letters/replay", json={"job_id": jobs[1]}).get_json()
    assert done == {"replayed": [jobs[1]], "left": 0}
    assert client.get(f"/api/jobs/{jobs[1]}").get_json()["status"] == "queued"
    rest = client.post("/api/dead-letters/replay", json={"code": "bad_media"}).get_json()
    assert rest == {"replayed": [jobs[0], jobs[2]], "left": 0}
    assert client.get("/api/dead-letters").get_json()["dead_letters"] == []


def test_wrong_filters_and_cursors_are_named(client: FlaskClient) -> None:
    problem(client.get("/api/dead-letters?digest=xyz"), 422, "digest")
    problem(client.get("/api/dead-letters?cursor=MTphYmM"), 422, "cursor")
    problem(client.get("/api/dead-letters?sort=up"), 422, "sort")
    problem(client.post("/api/dead-letters/replay", json={"all": True}), 422, "all")
