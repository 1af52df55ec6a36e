"""Nobody sees another's jobs, files, groups, keys or webhooks, or even that they exist.

Every route of the API's description is walked over with the ids of somebody else's things, and must answer
what it answers about things that never were: to the byte. A new kind of id has to be added to `Things`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers_http import add_artifact, add_slide, buffered_client, fail_next, make_platform, run_all
from sqlalchemy import select, update
from test_decks import PDF
from werkzeug.test import TestResponse

from app import create_app
from app.accounts import people
from app.http.context import PUBLIC
from app.http.edge import Edge
from app.http.openapi import OPERATIONS
from app.http.operation import Operation
from app.jobs.platform import Platform
from app.store.models import Artifact, Delivery, Slide

ADMIN = {403}  # what only an administrator may ask is refused without a look at the id


@dataclass(frozen=True)
class Things:
    """Ids as they stand in paths and bodies."""

    job_id: str
    failed_id: str
    group_id: str
    key_id: str
    user_id: str
    webhook_id: str
    delivery_id: str
    upload: str
    deck: str
    digest: str
    number: str = "1"
    name: str = "a.txt"


NONE = Things(
    job_id="job_" + "0" * 32,
    failed_id="job_" + "1" * 32,
    group_id="group_" + "0" * 32,
    key_id="key_" + "0" * 32,
    user_id="user_" + "0" * 16,
    webhook_id="whk_" + "0" * 24,
    delivery_id="dlv_" + "0" * 32,
    upload="upl_" + "0" * 32,
    deck="upl_" + "1" * 32,
    digest="0" * 64,
)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = make_platform(tmp_path, api_auth="keys", allow_private_urls=True)
    yield made
    made.db.close()


@pytest.fixture
def flask(platform: Platform) -> Flask:
    return create_app(platform)


def key_of(platform: Platform, owner: str) -> str:
    return people.add_key(platform.db, owner, label="x", scopes=("read", "write"), days=None).secret


def client_of(flask: Flask, secret: str) -> FlaskClient:
    client = buffered_client(flask)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


@pytest.fixture
def theirs(platform: Platform, flask: Flask) -> Things:
    """Ada has one of everything."""
    ada = client_of(flask, key_of(platform, "ada"))

    def kept(content: bytes, name: str) -> str:
        sent = ada.post("/api/uploads", query_string={"filename": name}, data=content)
        return str(sent.get_json()["upload_id"])

    hook = ada.post("/api/webhooks", json={"url": "http://127.0.0.1:9/"}).get_json()["id"]
    upload, deck = kept(b"film", "l.mp4"), kept(PDF, "d.pdf")
    group = ada.post("/api/groups", json={"name": "g"}).get_json()["id"]
    failed = ada.post("/api/jobs", json={"kind": "ping", "group": group}).get_json()["id"]
    fail_next(platform)
    job = ada.post("/api/jobs", json={"upload": upload, "deck": deck, "group": group}).get_json()["id"]
    run_all(platform)
    add_artifact(platform, job, "a.txt", "text/plain", b"made")
    add_slide(platform, job, 1, b"picture")
    with platform.db.write() as conn:
        for model in (Artifact, Slide):
            conn.execute(update(model).values(owner_id="ada"))
        delivery = conn.execute(select(Delivery.id).limit(1)).scalar_one()
    recording = ada.get(f"/api/jobs/{job}/recording")
    things = Things(
        job_id=job,
        failed_id=failed,
        group_id=group,
        key_id=ada.get("/api/account/keys").get_json()["keys"][0]["id"],
        user_id="ada",
        webhook_id=hook,
        delivery_id=delivery,
        upload=upload,
        deck=deck,
        digest=recording.headers["ETag"].strip('"'),
    )
    for path in ("", "/artifacts/a.txt", "/slides/1/image", "/deck", "/metrics", "/transcript?format=json"):
        expected = 404 if "transcript" in path else 200
        assert ada.get(f"/api/jobs/{job}{path}").status_code == expected  # they are there, for her
    assert ada.get(f"/api/recordings/{things.digest}").status_code == 200
    assert ada.get(f"/api/webhooks/{hook}").status_code == 200
    return things


@pytest.fixture
def other(platform: Platform, flask: Flask) -> FlaskClient:
    """Bob, who has nothing."""
    return client_of(flask, key_of(platform, people.add_user(platform.db, "Bob", "unlimited")))


def told(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    varies = {"Date", "RateLimit", "RateLimit-Policy"}
    return answer.status_code, answer.data, [h for h in answer.headers if h[0] not in varies]


def ask(client: FlaskClient, operation: Operation, things: Things, body: Any) -> TestResponse:
    values = {field.name: getattr(things, field.name) for field in fields(Things)}
    path = operation.path.format(**values)
    method = operation.method.upper()
    return (
        client.open(path, method=method, json=body) if body is not None else client.open(path, method=method)
    )


WITH_IDS = [o for o in OPERATIONS if "{" in o.path and o.endpoint not in PUBLIC]
BODIES: dict[str, dict[str, Any]] = {
    "account.rotate_key": {},
    "webhooks.change": {"label": "mine"},
    "webhooks.rotate": {},
    "users.change_user": {"tier": "enterprise"},
    "users.add_key_for": {"label": "mine"},
}


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda o: f"{o.method} {o.path}")
def test_every_route_answers_as_if_it_did_not_exist(
    operation: Operation, theirs: Things, other: FlaskClient
) -> None:
    body = BODIES.get(operation.endpoint, {} if operation.body else None)
    strange, none = ask(other, operation, theirs, body), ask(other, operation, NONE, body)
    assert told(strange) == told(none)
    only_admins = re.match("/api/(users|queues|workers)", operation.path) is not None
    assert strange.status_code in (ADMIN if only_admins else {404}), strange.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/jobs", lambda t: {"upload": t.upload}),
        ("/api/jobs", lambda t: {"url": "http://127.0.0.1:9/x.mp4", "deck": t.deck}),
        ("/api/jobs", lambda t: {"kind": "ping", "group": t.group_id}),
        ("/api/jobs/batch", lambda t: {"items": [{"kind": "ping"}, {"upload": t.upload}]}),
        (
            "/api/jobs/batch",
            lambda t: {"items": [{"url": "http://127.0.0.1:9/x.mp4", "deck": t.deck}, {"kind": "ping"}]},
        ),
        ("/api/dead-letters/replay", lambda t: {"job_id": t.failed_id}),
        ("/api/dead-letters/replay", lambda t: {}),
    ],
)
def test_ids_in_bodies_are_strange_too(path: str, body: Any, theirs: Things, other: FlaskClient) -> None:
    strange, none = other.post(path, json=body(theirs)), other.post(path, json=body(NONE))
    assert told(strange) == told(none)
    assert strange.status_code in (422, 200)
    if strange.status_code == 200:
        assert strange.get_json() == {"replayed": [], "left": 0}


def test_lists_and_counts_hold_only_ones_own(theirs: Things, other: FlaskClient) -> None:
    assert other.get("/api/jobs").get_json()["jobs"] == []
    assert other.get("/api/groups").get_json()["groups"] == []
    assert other.get("/api/webhooks").get_json()["webhooks"] == []
    assert other.get("/api/dead-letters").get_json()["dead_letters"] == []
    assert other.get(f"/api/dead-letters?job_id={theirs.failed_id}").get_json()["dead_letters"] == []
    assert other.get("/api/stats").get_json()["jobs"] == {}
    account = other.get("/api/account").get_json()
    assert (account["running_jobs"], account["waiting_jobs"]) == (0, 0)
    assert theirs.key_id not in other.get("/api/account/keys").text


def test_the_same_key_of_two_owners_makes_two_jobs(theirs: Things, other: FlaskClient, flask: Flask) -> None:
    header = {"Idempotency-Key": "same"}
    mine = other.post("/api/jobs", json={"kind": "ping"}, headers=header)
    assert mine.status_code == 202
    batch = {"items": [{"kind": "ping", "idempotency_key": "same"}]}
    assert other.post("/api/jobs/batch", json=batch).get_json()["jobs"][0]["id"] == mine.get_json()["id"]


def test_the_edge_keeps_it_too(platform: Platform, flask: Flask, theirs: Things) -> None:
    """What the edge answers itself, ahead of Flask: status, long poll, events."""
    key = key_of(platform, people.add_user(platform.db, "Bob", "unlimited"))

    async def answers(path: str) -> list[Any]:
        heard: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def tell(message: Any) -> None:
            varies = (b"date", b"ratelimit", b"ratelimit-policy")
            kept = [h for h in message.get("headers", ()) if h[0] not in varies]
            heard.append({**message, "headers": kept})

        edge = Edge(flask, platform)
        where, _, query = path.partition("?")
        await edge(
            {
                "type": "http", "method": "GET", "path": where, "raw_path": where.encode(),
                "query_string": query.encode(), "client": ("127.0.0.1", 1),
                "headers": [(b"authorization", f"Bearer {key}".encode())],
            },
            receive,
            tell,
        )  # fmt: skip
        await edge._close()
        return heard

    for path in ("/api/jobs/{}", "/api/jobs/{}?wait=5", "/api/jobs/{}/events"):
        strange = asyncio.run(answers(path.format(theirs.job_id)))
        assert strange == asyncio.run(answers(path.format(NONE.job_id)))
        assert strange[0]["status"] == 404
