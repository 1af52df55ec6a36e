"""Webhooks over HTTP: made, shown without their secret, changed, tried out, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers_http import run_all
from test_submitting import problem

from app.http.openapi import OPERATIONS
from app.jobs.platform import Platform
from tests.accounts.people import give_key

PUBLIC = "https://8.8.8.8/hook"  # an address, so that no name has to be looked up


def add(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/webhooks", json={"url": PUBLIC, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_secret_is_shown_once(client: FlaskClient) -> None:
    made = add(client, label="ours")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["status"] == "ok"
    assert made["events"] == ["job.succeeded", "job.failed", "job.cancelled", "group.ended"]
    shown = client.get(f"/api/webhooks/{made['id']}")
    assert shown.get_json() == made
    assert client.get("/api/webhooks").get_json()["webhooks"] == [made]
    rotated = client.post(f"/api/webhooks/{made['id']}/rotate", json={"grace_s": 60}).get_json()
    assert rotated["secret"] not in (secret, None)
    assert rotated["old_secret_until"] is not None
    assert secret not in client.get("/api/webhooks").text


def test_it_is_changed_and_removed(client: FlaskClient) -> None:
    path = f"/api/webhooks/{add(client)['id']}"
    change = {"events": ["job.failed"], "label": "x", "enabled": False}
    changed = client.patch(path, json=change).get_json()
    assert (changed["events"], changed["label"], changed["status"]) == (["job.failed"], "x", "disabled")
    assert changed["url"] == PUBLIC
    problem(client.post(f"{path}/test"), 409)
    assert client.patch(path, json={"enabled": True}).get_json()["status"] == "ok"
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404)
    problem(client.delete(path), 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://127.0.0.1/x"}, "url"),
        ({"url": "ftp://8.8.8.8/"}, "url"),
        ({}, "url"),
        ({"url": PUBLIC, "events": ["job.started"]}, "events.0"),
        ({"url": PUBLIC, "secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_be_told_is_refused(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    problem(client.post("/api/webhooks", json=body), 422, field)


def test_a_job_names_the_address_that_is_told_of_it(client: FlaskClient, platform: Platform) -> None:
    sent = {"kind": "ping", "webhook_url": PUBLIC}
    made = client.post("/api/jobs", json=sent).get_json()["webhook"]
    form = client.post("/api/jobs", data=sent, content_type="multipart/form-data").get_json()
    batch = client.post("/api/jobs/batch", json={"items": [sent, {"kind": "ping"}]}).get_json()
    assert form["webhook"] == made
    run_all(platform)
    (hook,) = client.get("/api/webhooks").get_json()["webhooks"]
    assert (hook["id"], hook["url"], hook["events"]) == (made, PUBLIC, [])
    told = client.get(f"/api/webhooks/{made}/deliveries").get_json()["deliveries"]
    named = client.get(f"/api/jobs/{batch['jobs'][0]['id']}").get_json()
    assert (len(told), named["webhook"]) == (3, made)
    assert {row["type"] for row in told} == {"job.succeeded"}
    assert client.post(f"/api/webhooks/{made}/rotate", json={"grace_s": 0}).get_json()["secret"]
    client.patch(f"/api/webhooks/{made}", json={"enabled": False})
    problem(client.post("/api/jobs", json=sent), 422, "webhook_url")


def test_what_is_there_at_the_address_of_a_job_is_used_and_keys_know_it(client: FlaskClient) -> None:
    hook, key = add(client, events=[]), {"Idempotency-Key": "k"}
    sent = {"kind": "ping", "webhook_url": PUBLIC}
    first, again = (client.post("/api/jobs", json=sent, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.get_json()["webhook"] == again.get_json()["webhook"] == hook["id"]
    problem(client.post("/api/jobs", json={"kind": "ping"}, headers=key), 422, "Idempotency-Key")
    client.patch(f"/api/webhooks/{hook['id']}", json={"enabled": False})
    assert client.post("/api/jobs", json=sent, headers=key).get_json()["id"] == first.get_json()["id"]
    client.delete(f"/api/webhooks/{hook['id']}")
    assert client.post("/api/jobs", json=sent, headers=key).status_code == 200
    assert client.get("/api/webhooks").get_json()["webhooks"] == []


def test_private_addresses_of_jobs_are_refused(client: FlaskClient) -> None:
    sent = {"kind": "ping", "webhook_url": "http://127.0.0.1/x"}
    problem(client.post("/api/jobs", json=sent), 422, "webhook_url")
    problem(client.post("/api/jobs", data=sent, content_type="multipart/form-data"), 422, "webhook_url")
    problem(client.post("/api/jobs/batch", json={"items": [sent]}), 422, "items.0.webhook_url")
    assert client.get("/api/webhooks").get_json()["webhooks"] == []


def test_a_new_address_is_looked_at_too(client: FlaskClient) -> None:
    problem(client.patch(f"/api/webhooks/{add(client)['id']}", json={"url": "http://10.0.0.1/"}), 422, "url")


def test_deliveries_are_listed_in_pages_and_replayed(client: FlaskClient, platform: Platform) -> None:
    path = f"/api/webhooks/{add(client)['id']}"
    for _ in range(3):
        client.post("/api/jobs", json={"kind": "ping"})
    run_all(platform)
    tested = client.post(f"{path}/test")
    assert tested.status_code == 202
    assert (tested.get_json()["type"], tested.get_json()["state"]) == ("webhook.test", "pending")
    first = client.get(f"{path}/deliveries?limit=3").get_json()
    rest = client.get(f"{path}/deliveries?limit=3&cursor={first['next_cursor']}").get_json()
    both = first["deliveries"] + rest["deliveries"]
    assert [row["type"] for row in both] == ["webhook.test", *["job.succeeded"] * 3]
    assert rest["next_cursor"] is None
    assert len({row["message_id"] for row in both}) == 4
    again = client.post(f"{path}/deliveries/{both[1]['id']}/replay")
    assert again.status_code == 202
    assert again.get_json()["message_id"] == both[1]["message_id"]
    assert client.get(f"{path}/deliveries?state=failed").get_json()["deliveries"] == []
    problem(client.get(f"{path}/deliveries?state=lost"), 422, "state")
    problem(client.post(f"{path}/deliveries/dlv_nobody/replay"), 404)
    assert client.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}).get_json() == {"replayed": 0}
    problem(client.post(f"{path}/replay", json={"since": "yesterday"}), 422, "since")


def test_another_owners_webhook_does_not_exist(client: FlaskClient, platform: Platform) -> None:
    ada = {"Authorization": f"Bearer {give_key(platform.db, 'ada')}"}
    made = client.post("/api/webhooks", json={"url": PUBLIC}, headers=ada).get_json()
    tested = client.post(f"/api/webhooks/{made['id']}/test", headers=ada).get_json()
    bodies = {"webhooks.rotate": {}, "webhooks.replay_failed": {}, "webhooks.change": {"label": "mine"}}
    for operation in OPERATIONS:
        if "{webhook_id}" in operation.path:
            path = operation.path.format(webhook_id=made["id"], delivery_id=tested["id"])
            body = bodies.get(operation.endpoint)
            problem(client.open(path, method=operation.method.upper(), json=body), 404)
    assert client.get("/api/webhooks").get_json() == {"webhooks": []}
    assert client.get(f"/api/webhooks/{made['id']}", headers=ada).get_json()["label"] == ""
