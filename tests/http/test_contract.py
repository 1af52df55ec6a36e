"""OpenAPI says what the server does; errors have one shape; who may ask for what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers_http import add_artifact, buffered_client, make_platform
from openapi_spec_validator import OpenAPIV31SpecValidator
from test_submitting import problem

from app import create_app
from app.http.context import PUBLIC
from app.http.openapi import OPERATIONS
from app.jobs.platform import Platform
from tests.accounts.people import give_key


@pytest.fixture
def flask(platform: Platform) -> Flask:
    return create_app(platform)


def routes(flask: Flask) -> set[tuple[str, str, str]]:
    found = set()
    for rule in flask.url_map.iter_rules():
        if rule.endpoint != "static":
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found |= {(rule.endpoint, method.lower(), path) for method in methods}
    return found


def test_openapi_is_valid_and_knows_every_route(flask: Flask, client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    assert {(o.endpoint, o.method, o.path) for o in OPERATIONS} == routes(flask)
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(method, path) for _, method, path in routes(flask)}
    assert "ping" in document["info"]["description"]
    assert "sweep" not in document["info"]["description"]


def test_public_routes_exist(flask: Flask) -> None:
    assert {endpoint for endpoint, _, _ in routes(flask)} | {"static"} >= PUBLIC


@pytest.mark.parametrize("path", ["/", "/api/docs", "/static/home.js", "/static/lectern.css"])
def test_pages_are_self_contained(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert not re.findall(r'(?:src|href)="https?://', answer.text)
    if answer.mimetype == "text/html":
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_browsers_find_an_icon(tmp_path: Path) -> None:
    platform = make_platform(tmp_path, api_auth="keys")
    answer = buffered_client(create_app(platform)).get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    platform.db.close()


def test_unknown_paths_and_methods_are_problems(client: FlaskClient) -> None:
    problem(client.get("/api/nothing"), 404)
    problem(client.get("/api/jobs/job_nobody"), 404)
    problem(client.get("/api/jobs/"), 404)
    refused = client.put("/api/jobs")
    problem(refused, 405)
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    problem(client.open("/api/jobs", method="BREW"), 405)


def test_a_fault_of_ours_is_a_problem_without_details(
    client: FlaskClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform.db, "read", lambda: 1 / 0)
    body = problem(client.get("/api/jobs"), 500)
    assert "zero" not in body["detail"]


def test_another_owners_job_does_not_exist(client: FlaskClient, platform: Platform) -> None:
    ada = {"Authorization": f"Bearer {give_key(platform.db, 'ada')}"}
    theirs = client.post("/api/jobs", json={"kind": "ping"}, headers=ada).get_json()["id"]
    add_artifact(platform, theirs, "a.txt", "text/plain", b"x")
    for operation in OPERATIONS:
        if "{job_id}" in operation.path:
            path = operation.path.format(job_id=theirs, number=1, name="a.txt")
            problem(client.open(path, method=operation.method.upper()), 404)
    assert client.get("/api/jobs").get_json()["jobs"] == []
    assert client.get("/api/stats").get_json()["jobs"] == {}
    assert client.get(f"/api/jobs/{theirs}", headers=ada).status_code == 200
    upload = client.post("/api/uploads", data=b"film", headers=ada).get_json()["upload_id"]
    problem(client.post("/api/jobs", json={"upload": upload}), 422, "upload")


def test_local_mode_takes_no_key_but_refuses_a_wrong_one(client: FlaskClient) -> None:
    assert client.get("/api/jobs").status_code == 200
    for wrong in ("Bearer lk_nobody", "Basic dTpw", "Bearer", "nonsense"):
        refused = client.get("/api/jobs", headers={"Authorization": wrong})
        problem(refused, 401)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_local_mode_does_not_serve_pages_of_other_sites(client: FlaskClient) -> None:
    """Without keys, a page that the user visits could else submit and delete in their name."""
    other = {"Origin": "https://example.org"}
    problem(client.post("/api/jobs", json={"kind": "ping"}, headers=other), 401)
    problem(client.delete("/api/jobs/job_1", headers={"Origin": "null"}), 401)
    own = {"Origin": "http://localhost"}
    assert client.post("/api/jobs", json={"kind": "ping"}, headers=own).status_code == 202


def test_with_keys_every_route_but_the_public_ones_needs_one(tmp_path: Path) -> None:
    platform = make_platform(tmp_path, api_auth="keys")
    client = buffered_client(create_app(platform))
    key = {"Authorization": f"Bearer {give_key(platform.db, 'ada')}"}
    for operation in OPERATIONS:
        path = re.sub(r"{\w+}", "1", operation.path)
        bare = client.open(path, method=operation.method.upper())
        if operation.endpoint in PUBLIC:
            # signing in wants JSON; signing out has nothing to say
            expected = {"session.sign_in": 415, "session.sign_out": 204}.get(operation.endpoint, 200)
            assert bare.status_code == expected
        else:
            problem(bare, 401)
            assert client.open(path, method=operation.method.upper(), headers=key).status_code != 401
    platform.db.close()


def test_an_address_names_its_own_methods_only(client: FlaskClient) -> None:
    """A job cannot be called `batch`, so what a job takes is not offered there."""
    told = client.options("/api/jobs/batch").headers["Allow"]
    assert set(told.split(", ")) == {"OPTIONS", "POST"}
    problem(client.get("/api/jobs/batch"), 405)
    problem(client.get("/api/jobs/batches"), 404)
