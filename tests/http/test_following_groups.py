"""Long polls and event streams of groups: over Flask alone, and as clients of the edge see them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from helpers_http import fail_next, run_all
from servers_http import Server, running, until_heard
from test_submitting import problem

from app.jobs.platform import Platform


def group_of(client: FlaskClient, count: int) -> str:
    items = [{"kind": "ping", "title": f"job {n}"} for n in range(count)]
    group: str = client.post("/api/jobs/batch", json={"items": items}).get_json()["group"]
    return group


def told(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(event, id, data) of each."""
    found = []
    for frame in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], lines.get("id", ""), json.loads(lines["data"])))
    return found


def test_a_stream_tells_how_it_stands_ends_and_resumes(client: FlaskClient, platform: Platform) -> None:
    group_id = group_of(client, 3)
    fail_next(platform)
    run_all(platform)
    whole = client.get(f"/api/groups/{group_id}/events")
    assert whole.mimetype == "text/event-stream"
    (change, mark, document), (end, _, last) = told(whole.text)
    assert (change, end, last) == ("change", "end", {"status": "ended", "error": None})
    assert (document["counts"]["succeeded"], document["counts"]["failed"]) == (2, 1)
    assert document == client.get(f"/api/groups/{group_id}").get_json()
    assert client.get(f"/api/groups/{group_id}/events?last_event_id={mark}").status_code == 204
    older = client.get(f"/api/groups/{group_id}/events", headers={"Last-Event-ID": "older"})
    assert [event for event, _, _ in told(older.text)] == ["change", "end"]


def test_a_long_poll_waits_for_news_and_an_ended_group_has_none(
    client: FlaskClient, platform: Platform
) -> None:
    group_id = group_of(client, 2)
    known = client.get(f"/api/groups/{group_id}").headers["ETag"]
    began = time.monotonic()
    same = client.get(f"/api/groups/{group_id}?wait=0.7", headers={"If-None-Match": known})
    assert (same.status_code, same.data) == (304, b"")
    assert time.monotonic() - began >= 0.7
    run_all(platform)
    news = client.get(f"/api/groups/{group_id}?wait=30", headers={"If-None-Match": known}).get_json()
    assert news["ended"]
    ended = client.get(f"/api/groups/{group_id}?wait=60")
    tag = {"If-None-Match": ended.headers["ETag"]}
    assert client.get(f"/api/groups/{group_id}?wait=60", headers=tag).status_code == 304
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("query", ["?wait=61", "?wait=nan", "?version=1", "/events?last=1"])
def test_wrong_queries_are_named(client: FlaskClient, query: str) -> None:
    problem(client.get(f"/api/groups/{group_of(client, 1)}{query}"), 422)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("groups"), HTTP_TEST_THREADS="2") as started:
        yield started


def made(server: Server, count: int) -> str:
    body = {"items": [{"kind": "ping"}] * count}
    group: str = requests.post(f"{server.url}/api/jobs/batch", json=body, timeout=10).json()["group"]
    return group


def test_a_stream_is_told_of_ends_not_asked_for(server: Server) -> None:
    group_id = made(server, 2)
    sock = server.send(f"GET /api/groups/{group_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    until_heard(sock, b'"succeeded": 0')
    time.sleep(1.2)  # past the first looks: from here on it sleeps until it is woken
    began = time.monotonic()
    server.run()
    until_heard(sock, b'"succeeded": 1')
    server.run()
    rest = until_heard(sock, b"0\r\n\r\n")  # the server ends the body by itself
    assert b'"succeeded": 2' in rest
    assert b"event: end" in rest
    assert time.monotonic() - began < 4.5  # below the interval at which it looks anyway
    sock.close()


def test_many_who_follow_cost_few_counts_and_all_hear_the_end(server: Server) -> None:
    group_id = made(server, 1)
    url = f"{server.url}/api/groups/{group_id}"
    known = requests.get(url, timeout=10).headers["ETag"]
    answers: list[requests.Response] = []

    def poll(headers: dict[str, str]) -> None:
        answers.append(requests.get(f"{url}?wait=50", headers=headers, timeout=60))

    asked = [{"If-None-Match": known}] * 10 + [{}] * 10
    threads = [threading.Thread(target=poll, args=(headers,)) for headers in asked]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert not answers
    assert requests.get(f"{server.url}/api/jobs?limit=1", timeout=10).status_code == 200  # no thread is held
    server.run()
    for thread in threads:
        thread.join(20)
    assert [answer.json()["ended"] for answer in answers] == [True] * 20


def test_a_group_that_is_deleted_ends_its_streams(server: Server) -> None:
    group_id = requests.post(f"{server.url}/api/groups", json={}, timeout=10).json()["id"]
    sock = server.send(f"GET /api/groups/{group_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    until_heard(sock, b"event: change")
    assert requests.delete(f"{server.url}/api/groups/{group_id}", timeout=10).status_code == 204
    assert b'"deleted"' in until_heard(sock, b"0\r\n\r\n")
    sock.close()
    for path in ("", "/events", "?wait=1"):
        assert requests.get(f"{server.url}/api/groups/{group_id}{path}", timeout=10).status_code == 404
