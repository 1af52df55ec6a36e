"""Accounts over HTTP: keys open what their scopes say, and nobody sees another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers_http import make_platform
from test_submitting import problem, send

from app import create_app
from app.accounts import people
from app.jobs.platform import Platform


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Platform]:
    """A platform where every request needs a key."""
    made = make_platform(tmp_path, api_auth="keys")
    yield made
    made.db.close()


def client_of(platform: Platform, owner: str, *scopes: people.Scope) -> FlaskClient:
    key = people.add_key(platform.db, owner, label="test", scopes=scopes, days=None)
    client = create_app(platform).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key.secret}"
    return client


def test_an_account_says_its_limits(locked: Platform) -> None:
    account = client_of(locked, "ada", "read").get("/api/account").get_json()
    assert (account["id"], account["tier"]) == ("ada", "unlimited")
    assert account["limits"]["running_jobs"] is None
    assert (account["running_jobs"], account["waiting_jobs"]) == (0, 0)


def test_a_reader_may_look_but_not_submit(locked: Platform) -> None:
    reader = client_of(locked, "ada", "read")
    assert reader.get("/api/jobs").status_code == 200
    problem(send(reader), 403)
    problem(reader.post("/api/account/keys", json={"label": "x"}), 403)


def test_a_key_is_made_used_rotated_and_revoked(locked: Platform) -> None:
    ada = client_of(locked, "ada", "read", "write")
    made = ada.post("/api/account/keys", json={"label": "ci", "scopes": ["read"], "days": 7})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    listed = ada.get("/api/account/keys").get_json()["keys"]
    assert made.get_json()["secret"] not in str(listed)
    (mine,) = [key for key in listed if key["id"] == made.get_json()["id"]]
    assert mine["expires_at"] > mine["created_at"]
    opened = create_app(locked).test_client()
    header = {"Authorization": f"Bearer {made.get_json()['secret']}"}
    assert opened.get("/api/jobs", headers=header).status_code == 200
    new = ada.post(f"/api/account/keys/{mine['id']}/rotate", json={}).get_json()
    assert new["secret"] != made.get_json()["secret"]
    assert ada.delete(f"/api/account/keys/{new['id']}").status_code == 204
    problem(ada.delete(f"/api/account/keys/{new['id']}"), 404)
    problem(ada.post("/api/account/keys", json={"label": "x", "scopes": ["admin"]}), 403)
    problem(ada.post("/api/account/keys", json={"label": "x", "days": -1}), 422, "days")


def test_an_administrator_makes_a_user_who_sees_only_their_own(locked: Platform) -> None:
    admin = client_of(locked, "local", "read", "write", "admin")
    theirs = send(admin).get_json()["id"]
    user = admin.post("/api/users", json={"name": "Grace", "tier": "pro"}).get_json()
    key = admin.post(f"/api/users/{user['id']}/keys", json={"label": "first"}).get_json()
    grace = create_app(locked).test_client()
    grace.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key['secret']}"
    problem(grace.get(f"/api/jobs/{theirs}"), 404)
    assert grace.get("/api/jobs").get_json()["jobs"] == []
    problem(grace.get("/api/users"), 403)
    changed = admin.patch(f"/api/users/{user['id']}", json={"tier": "enterprise"}).get_json()
    assert changed["tier"] == "enterprise"
    listed = admin.get("/api/users?limit=2").get_json()
    rest = admin.get(f"/api/users?cursor={listed['next_cursor']}").get_json()
    assert user["id"] in [u["id"] for u in listed["users"] + rest["users"]]
    problem(admin.patch("/api/users/nobody", json={"tier": "pro"}), 404)
