"""What no database can hold is refused by name, and what nobody foresaw still leaves as a problem."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from test_submitting import problem

from app import create_app
from app.http.edge import Edge
from app.jobs import status
from app.jobs.platform import Platform

Sent = list[MutableMapping[str, Any]]


def through_edge(
    platform: Platform, path: str, method: str = "GET", body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """One request to the ASGI application; `body` is the message that its receive gives."""
    sent: Sent = []

    async def receive() -> dict[str, Any]:
        return body or {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": [(b"host", b"x")],
    }  # fmt: skip

    async def ask() -> None:
        edge = Edge(create_app(platform), platform)
        await edge(scope, receive, send)
        await edge._close()

    asyncio.run(ask())
    return int(sent[0]["status"]), json.loads(b"".join(m["body"] for m in sent[1:]))


@pytest.mark.parametrize(
    "path", ["/api/jobs/job_\0", "/api/jobs/job_x\0/events", "/api/recordings/\0", "/\ud800"]
)
def test_nul_in_a_path_asks_no_database(
    platform: Platform, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for name in ("read", "write"):
        monkeypatch.setattr(platform.db, name, lambda: 1 / 0)  # PostgreSQL raises at NUL
    assert through_edge(platform, path)[0] == 404
    assert through_edge(platform, path, "POST")[0] == 404
    if "\0" in path:
        problem(client.get(path.replace("\0", "%00")), 404)
        problem(client.post(path.replace("\0", "%00") + "/cancel"), 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "ping", "title": "a\0b"}, "title"),
        ({"kind": "ping", "title": "a\ud800b"}, "title"),
        ({"upload": "upl_\0"}, "upload"),
        ({"url": "https://example.org/\0"}, "url"),
        ({"kind": "pi\0ng"}, "kind"),
        ({"kind": "ping", "params": {"deep": [{"x": "\udfff"}]}}, "params.deep.0.x"),
        ({"kind": "ping", "params": {"a\0": 1}}, "params.a\\u0000"),
        ({"kind": "ping", "\ud800": 1}, "\\ud800"),
    ],
)
def test_unkeepable_text_in_json_is_named(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    problem(client.post("/api/jobs", data=json.dumps(body), content_type="application/json"), 422, field)


def test_a_number_beyond_all_bounds_is_refused(client: FlaskClient) -> None:
    body = '{"kind": "ping", "params": {"chunk_s": 1e999}}'
    problem(client.post("/api/jobs", data=body, content_type="application/json"), 422, "params.chunk_s")


def test_unkeepable_text_in_forms_is_named(client: FlaskClient) -> None:
    for name, value, field in (
        ("title", "a\0", "title"),
        ("params.chunk_s", "\0", "params.chunk_s"),
        ("params", '{"chunk_s": "\\ud800"}', "params.chunk_s"),
    ):
        sent = client.post("/api/jobs", data={"file": (io.BytesIO(b"film"), "l.mp4"), name: value})
        problem(sent, 422, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("/api/jobs?kind=%00", "kind"),
        ("/api/jobs?cursor=MTpqb2JfAA", "cursor"),  # 1:job_NUL
        ("/api/jobs?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk6am9iXzE", "cursor"),  # a time of 20 digits
        ("/api/jobs/job_x/events?last_event_id=9223372036854775808", "last_event_id"),
    ],
)
def test_unkeepable_queries_are_named(client: FlaskClient, query: str, field: str) -> None:
    problem(client.get(query), 422, field)


def test_a_slide_beyond_all_numbers_is_a_404(client: FlaskClient) -> None:
    job_id = client.post("/api/jobs", json={"kind": "ping"}).get_json()["id"]
    problem(client.get(f"/api/jobs/{job_id}/slides/99999999999999999999/image"), 404)


def test_what_nobody_foresaw_is_a_problem(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "answer", lambda *_: 1 / 0)
    code, told = through_edge(platform, "/api/jobs/job_1")
    assert (code, told["code"]) == (500, "internal_error")
    assert "zero" not in told["detail"]


def test_a_body_that_breaks_off_is_malformed(platform: Platform) -> None:
    code, told = through_edge(platform, "/api/jobs", "POST", {"type": "http.disconnect"})
    assert (code, told["code"]) == (400, "malformed_request")
