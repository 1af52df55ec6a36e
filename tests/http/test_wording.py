"""What is wrong with a request is said in plain sentences."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from test_submitting import problem


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=abc", "limit must be a whole number from 1 to 200."),
        ("limit=0", "limit must be a whole number from 1 to 200."),
        ("limit=1.5", "limit must be a whole number from 1 to 200."),
        ("limit=" + "9" * 5000, "limit must be a whole number from 1 to 200."),
        ("page=2", "There is no such field."),
        ("status=done", "This must be one of queued, running, cancelling, succeeded, failed or cancelled."),
    ],
)
def test_list_queries(client: FlaskClient, query: str, detail: str) -> None:
    field = query.partition("=")[0]
    assert problem(client.get(f"/api/jobs?{query}"), 422, field)["detail"] == detail


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("wait=soon", "wait must be a number from 0 to 60."),
        ("wait=nan", "wait must be a number from 0 to 60."),
        ("wait=61", "wait must be a number from 0 to 60."),
        ("version=-1", "version must be a whole number of at least 0."),
    ],
)
def test_wait_queries(client: FlaskClient, query: str, detail: str) -> None:
    assert problem(client.get(f"/api/jobs/job_1?{query}"), 422)["detail"] == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "The body must be a JSON object."),
        (None, "The body must be a JSON object."),
        ("ping", "The body must be a JSON object."),
        ({"kind": 7}, "This must be text."),
        ({"title": "x" * 301}, "This has at most 300 characters."),
        ({"params": [1]}, "This must be a JSON object."),
        ({"upload": "a", "url": "b"}, "Give either an upload or a url, not both."),
    ],
)
def test_bodies(client: FlaskClient, body: Any, detail: str) -> None:
    sent = client.post("/api/jobs", data=json.dumps(body), content_type="application/json")
    assert problem(sent, 422)["detail"] == detail


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("jobs/batch", {"items": []}, "This list is too short: it needs 1 or more."),
        ("jobs/batch", {"items": "x"}, "This must be a list."),
        ("account/keys", {"label": ""}, "This must not be empty."),
        ("account/keys", {"label": "a", "scopes": ["read"] * 4}, "This list is too long: it has at most 3."),
        ("dead-letters/replay", {"digest": "?"}, "This is not of the form that is meant here."),
    ],
)
def test_lists_and_marks(client: FlaskClient, path: str, body: Any, detail: str) -> None:
    assert problem(client.post(f"/api/{path}", json=body), 422)["detail"] == detail


@pytest.mark.parametrize("path", ["/api/jobs", "/api/uploads"])
def test_a_form_in_which_no_file_was_chosen(client: FlaskClient, path: str) -> None:
    sent = client.post(path, data={"file": ""}, content_type="multipart/form-data")
    assert problem(sent, 422, "file")["detail"] == "Choose a file."
    unnamed = client.post(path, data={"file": (io.BytesIO(b""), "l.mp4")})
    assert problem(unnamed, 422, "file")["detail"] == "The file is empty."
