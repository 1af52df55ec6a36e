"""Signing in from a browser: a cookie opens what a header opens, and what it must not open stays shut."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers_http import add_artifact, buffered_client, make_platform
from test_submitting import problem, send

from app import create_app
from app.accounts import people
from app.http.credentials import COOKIE, sent
from app.jobs.platform import Platform


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Platform]:
    made = make_platform(tmp_path, api_auth="keys")
    yield made
    made.db.close()


@pytest.fixture
def key(locked: Platform) -> people.NewKey:
    return people.add_key(locked.db, "ada", label="browser", scopes=("read", "write"), days=None)


@pytest.fixture
def browser(locked: Platform, key: people.NewKey) -> FlaskClient:
    """A client that has signed in and holds nothing but its cookie."""
    client = buffered_client(create_app(locked))
    answer = client.post("/api/session", json={"key": key.secret})
    assert answer.get_json() == {"id": "ada", "scopes": ["read", "write"]}
    told = answer.headers["Set-Cookie"]
    assert told.startswith(f"{COOKIE}={key.secret}; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(told.split("; ")[1:])
    assert "Secure" not in told
    assert "Expires" not in told
    return client


def test_pictures_files_and_writes_of_our_own_page_work(locked: Platform, browser: FlaskClient) -> None:
    own = {"Origin": "http://localhost"}
    job_id = browser.post("/api/jobs", json={"kind": "ping"}, headers=own).get_json()["id"]
    add_artifact(locked, job_id, "a.txt", "text/plain", b"made")
    assert browser.get(f"/api/jobs/{job_id}/artifacts/a.txt").data == b"made"
    assert browser.get("/api/account").get_json()["id"] == "ada"


def test_other_sites_cannot_write_with_it(browser: FlaskClient) -> None:
    for origin in ("https://example.org", "null", "http://localhost:81"):
        problem(browser.post("/api/jobs", json={"kind": "ping"}, headers={"Origin": origin}), 401)
        problem(browser.post("/api/session", json={"key": "lk_theirs"}, headers={"Origin": origin}), 401)
        problem(browser.delete("/api/session", headers={"Origin": origin}), 401)
    assert browser.get("/api/jobs").get_json()["jobs"] == []


def test_signing_out_and_a_revoked_key_end_it(
    locked: Platform, browser: FlaskClient, key: people.NewKey
) -> None:
    assert browser.delete("/api/session").status_code == 204
    problem(browser.get("/api/jobs"), 401)
    people.revoke_key(locked.db, "ada", key.key_id)
    again = create_app(locked).test_client()  # another process: it has not asked about this key yet
    again.set_cookie(COOKIE, key.secret)
    problem(again.get("/api/jobs"), 401)


def test_a_wrong_key_sets_no_cookie(locked: Platform) -> None:
    client = create_app(locked).test_client()
    refused = client.post("/api/session", json={"key": "lk_nobody"})
    problem(refused, 401)
    assert "Set-Cookie" not in refused.headers
    problem(client.post("/api/session", json={"key": 1}), 422, "key")


def test_behind_https_the_cookie_is_secure(locked: Platform, key: people.NewKey) -> None:
    client = create_app(locked).test_client()
    answer = client.post("/api/session", json={"key": key.secret}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_a_header_goes_before_a_cookie_and_odd_cookies_are_nothing() -> None:
    assert sent("Bearer lk_a", f"{COOKIE}=lk_b") == "Bearer lk_a"
    assert sent(None, f"x=1; {COOKIE}=lk_b") == "Bearer lk_b"
    for cookies in (None, "", "x=1", f"{COOKIE}=", f"\0{COOKIE}", f"{COOKIE}; =;"):
        assert sent(None, cookies) is None


def test_the_edge_takes_the_cookie_too(locked: Platform, key: people.NewKey) -> None:
    from app.http.edge import Edge

    flask = create_app(locked)
    client = flask.test_client()
    client.set_cookie(COOKIE, key.secret)
    job_id = send(client).get_json()["id"]
    heads: list[int] = []

    async def ask(cookie: bytes) -> None:
        async def receive() -> dict[str, object]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def tell(message: object) -> None:
            assert isinstance(message, dict)
            if "status" in message:
                heads.append(message["status"])

        edge = Edge(flask, locked)
        scope = {
            "type": "http", "method": "GET", "path": f"/api/jobs/{job_id}", "query_string": b"",
            "headers": [(b"cookie", cookie)],
        }  # fmt: skip
        await edge(scope, receive, tell)
        await edge._close()

    asyncio.run(ask(f"{COOKIE}={key.secret}".encode()))
    asyncio.run(ask(b"other=1"))
    assert heads == [200, 401]


def test_health_tells_strangers_only_whether_it_is_well(locked: Platform, browser: FlaskClient) -> None:
    for path in ("/api/health", "/health", "/api/health/ready"):
        strange = create_app(locked).test_client().get(path).get_json()
        assert all(set(part) == {"status"} for part in strange["components"].values())
        wrong = create_app(locked).test_client().get(path, headers={"Authorization": "Bearer lk_wrong"})
        assert wrong.get_json() == strange
        known = browser.get(path).get_json()
        assert "GiB free" in known["components"]["storage"]["detail"]
