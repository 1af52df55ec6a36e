"""POST /api/jobs/batch and the groups that it makes, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from helpers_http import run_all
from servers_http import Server, running
from test_submitting import problem
from werkzeug.test import TestResponse

from app.http.parsing import MAX_BATCH, surely_plain
from app.jobs.platform import Platform


def send(client: FlaskClient, items: list[Any], **more: Any) -> TestResponse:
    headers = more.pop("headers", {})
    return client.post("/api/jobs/batch", json={"items": items, **more}, headers=headers)


def pings(count: int) -> list[dict[str, Any]]:
    return [{"kind": "ping", "title": f"job {n}"} for n in range(count)]


def test_a_batch_becomes_a_group_that_is_watched_listed_and_deleted(
    client: FlaskClient, platform: Platform
) -> None:
    answer = send(client, pings(7), name="Week 3")
    assert answer.status_code == 202
    made = answer.get_json()
    assert made["created"] == 7
    assert answer.headers["Location"] == f"/api/groups/{made['group']}"
    group = client.get(answer.headers["Location"]).get_json()
    assert (group["name"], group["jobs"], group["counts"]["queued"], group["ended"]) == (
        "Week 3",
        7,
        7,
        False,
    )
    assert [g["id"] for g in client.get("/api/groups").get_json()["groups"]] == [made["group"]]
    first = client.get(group["links"]["jobs"] + "?limit=5").get_json()
    rest = client.get(group["links"]["jobs"] + f"?limit=5&cursor={first['next_cursor']}").get_json()
    listed = first["jobs"] + rest["jobs"]
    assert [job["title"] for job in listed] == [f"job {n}" for n in range(7)]
    assert [job["id"] for job in listed] == [job["id"] for job in made["jobs"]]
    assert rest["next_cursor"] is None
    problem(client.get(group["links"]["jobs"] + "?cursor=job_x"), 422, "cursor")
    problem(client.delete(group["links"]["self"]), 409)
    run_all(platform)
    assert client.get(group["links"]["jobs"] + "?status=succeeded&limit=1").get_json()["next_cursor"]
    assert client.delete(group["links"]["self"]).status_code == 204
    problem(client.get(group["links"]["self"]), 404)
    assert client.get("/api/jobs").get_json()["jobs"] == []


def test_single_jobs_join_a_group_as_json_and_as_form(client: FlaskClient) -> None:
    made = client.post("/api/groups", json={"name": "mine"})
    assert made.status_code == 201
    group_id = made.get_json()["id"]
    assert made.get_json()["jobs"] == 0
    for sent in (
        {"json": {"kind": "ping", "group": group_id}},
        {"data": {"kind": "ping", "group": group_id}},
    ):
        if "data" in sent:
            sent["content_type"] = "multipart/form-data"
        assert client.post("/api/jobs", **sent).status_code == 202
    listed = client.get(f"/api/groups/{group_id}/jobs").get_json()["jobs"]
    assert len(listed) == 2
    problem(client.post("/api/jobs", json={"kind": "ping", "group": "group_none"}), 422, "group")
    cancelled = client.post(f"/api/groups/{group_id}/cancel").get_json()
    assert (len(cancelled["jobs"]), cancelled["left"]) == (2, 0)
    assert client.post(f"/api/groups/{group_id}/retry").get_json()["left"] == 0


def test_each_fault_is_named_by_its_place(client: FlaskClient) -> None:
    items: list[Any] = pings(30)
    items[4] = {"kind": "ping", "titel": "x"}
    items[17] = {"kind": "lecture", "url": 7}
    items[20] = {"kind": "ping", "priority": "urgent"}
    found = problem(send(client, items), 422)
    assert [e["field"] for e in found["errors"]] == ["items.4.titel", "items.17.url", "items.20.priority"]
    items = pings(30)
    items[17] = {"kind": "lecture", "url": "http://127.0.0.1/x.mp4"}
    items[19] = {"kind": "lecture", "url": "ftp://example.org/x.mp4"}
    found = problem(send(client, items), 422, "items.17.url")
    assert [e["field"] for e in found["errors"]] == ["items.17.url", "items.19.url"]
    items[17] = {"kind": "ping", "params": {"chunk_s": "long"}}
    items[19] = {"kind": "ping", "params": {"wrong": 1}}
    found = problem(send(client, items), 422)
    assert [e["field"] for e in found["errors"]] == ["items.17.params.chunk_s", "items.19.params.wrong"]
    problem(send(client, [{"kind": "lecture", "upload": "upl_none"}]), 422, "items.0.upload")
    problem(send(client, [{"kind": "lecture", "url": "http://x", "deck": "upl_none"}]), 422)
    problem(send(client, [*pings(2), "ping"]), 422, "items.2")
    problem(send(client, [{"kind": "ping", "title": "a\0b"}]), 422, "items.0.title")
    problem(send(client, []), 422, "items")
    problem(send(client, pings(1) * 10_001), 422, "items")
    assert client.get("/api/jobs").get_json()["jobs"] == []


def test_the_same_key_makes_one_batch(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "week 3"}
    first, second = send(client, pings(3), headers=key), send(client, pings(3), headers=key)
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.get_json()["created"] == 0
    assert [j["id"] for j in second.get_json()["jobs"]] == [j["id"] for j in first.get_json()["jobs"]]
    problem(send(client, pings(4), headers=key), 422, "Idempotency-Key")
    problem(send(client, pings(1), headers={"Idempotency-Key": "x" * 256}), 422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (b'{"a": "caf\\u00e9 \xc3\xa9", "n": [1, 2.5, 1e30, 100000]}', True),
        (b'{"a": "\\u0000"}', False),
        (b'{"a": "\\uD800"}', False),
        (b'{"a": 1e999}', False),
        (b'{"a": 1E+999}', False),
        (b'{"a": ' + b"9" * 400 + b"}", False),
        ('{"a": "\\u0000"}'.encode("utf-16"), False),
        ('{"a": "\\u0000"}'.encode("utf-32-le"), False),
        (b'{"a": "\xed\xa0\x80"}', False),
        ('{"a": "\ud55c"}'.encode(), True),
    ],
)
def test_what_may_hold_the_unkeepable_is_looked_at(text: bytes, plain: bool) -> None:
    assert surely_plain(text) is plain


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("batch")) as started:
        yield started


def test_a_real_server_takes_ten_thousand_and_no_more_bytes_than_it_says(
    server: Server, tmp_path: Path
) -> None:
    items = [{"kind": "ping", "title": "x" * 120} for _ in range(10_000)]
    answer = requests.post(f"{server.url}/api/jobs/batch", json={"items": items}, timeout=60)
    assert answer.status_code == 202
    assert len(answer.request.body or b"") > 1_000_000
    group = requests.get(f"{server.url}/api/groups/{answer.json()['group']}", timeout=20).json()
    assert group["counts"]["queued"] == 10_000
    huge = requests.post(
        f"{server.url}/api/jobs/batch",
        data=b"[" + b" " * MAX_BATCH,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "too_large")
