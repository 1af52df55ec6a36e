"""Queues and workers over HTTP: for administrators only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers_http import RecordingQueue, make_platform
from test_accounts import client_of
from test_submitting import problem, send

from app.jobs.platform import Platform
from workers.presence import Presence


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Platform]:
    made = make_platform(tmp_path, api_auth="keys")
    yield made
    made.db.close()


def test_a_paused_queue_is_seen_and_publishes_nothing(client: FlaskClient, platform: Platform) -> None:
    paused = client.post("/api/queues/extraction/pause").get_json()
    assert paused["paused"]
    assert paused["paused_at"].endswith("Z")
    assert send(client).status_code == 202
    assert isinstance(platform.queue, RecordingQueue)
    assert platform.queue.messages == []
    shown = {q["name"]: q for q in client.get("/api/queues").get_json()["queues"]}
    assert shown["extraction"] == {
        **paused,
        "ready": 1,
        "oldest_wait_s": shown["extraction"]["oldest_wait_s"],
    }
    assert shown["default"]["paused"] is False
    assert client.post("/api/queues/extraction/resume").get_json()["paused_at"] is None


def test_living_workers_are_listed(client: FlaskClient, platform: Platform) -> None:
    assert client.get("/api/workers").get_json() == {"workers": []}
    Presence(platform.db, "here", ["default", "maintenance"], 1).beat()
    (worker,) = client.get("/api/workers").get_json()["workers"]
    assert (worker["name"], worker["profile"], worker["draining"]) == ("here", "maintenance", False)
    problem(client.post("/api/workers/here/drain"), 409)


def test_what_is_not_there_is_said(client: FlaskClient) -> None:
    problem(client.post("/api/queues/nonsense/pause"), 404)
    problem(client.post("/api/queues/nonsense/resume"), 404)


def test_it_takes_the_scope_admin(locked: Platform) -> None:
    user = client_of(locked, "ada", "read", "write")
    for path in ("/api/queues", "/api/workers"):
        problem(user.get(path), 403)
    for path in ("/api/queues/default/pause", "/api/queues/default/resume", "/api/workers/x/drain"):
        problem(user.post(path), 403)
    assert client_of(locked, "local", "read", "write", "admin").get("/api/queues").status_code == 200
