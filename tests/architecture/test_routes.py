"""Every route asks for a key, but for a short list; on the async edge as well as in Flask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.cache.memory import MemoryCache
from app.http.context import PUBLIC
from app.http.edge import Edge
from app.jobs.platform import Platform
from app.storage import Storage
from app.store.database import Database
from tests.conftest import settings_for
from tests.databases import migrated_sqlite
from tests.kinds import TEST_CATALOGUE, ListQueue

# Who watches or discovers a server has no key yet. None of these shows anybody's data.
WITHOUT_KEY = {
    "health.health",
    "health.live",
    "health.ready",
    "health.short",
    "pages.home",
    "pages.docs",
    "pages.openapi",
    "static",
    # the key is in the body, or the cookie is to be forgotten
    "session.sign_in",
    "session.sign_out",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    settings = settings_for(tmp_path, API_AUTH="keys")
    migrated_sqlite(settings.database_url)
    db = Database(settings.database_url)
    storage = Storage(settings.storage_path)
    yield Platform(settings, db, MemoryCache(), ListQueue(), storage, TEST_CATALOGUE, {})
    db.close()


def calls(flask: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, a path) of every route."""
    adapter = flask.url_map.bind("localhost")
    for rule in flask.url_map.iter_rules():
        values = {name: 1 if name == "number" else "x" for name in rule.arguments}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield rule.endpoint, method, adapter.build(rule.endpoint, values, method=method)


async def status_of(edge: Edge, method: str, path: str) -> int:
    """The status that the ASGI application answers a request without a key with."""
    sent: list[MutableMapping[str, Any]] = []
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(asked, {"type": "http.disconnect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-length", b"0")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5000),
    }  # fmt: skip
    await edge(scope, receive, send)
    return int(sent[0]["status"])


def test_the_public_list_is_the_one_that_was_agreed_on() -> None:
    assert set(PUBLIC) == WITHOUT_KEY


def test_every_other_route_needs_a_key(platform: Platform) -> None:
    flask = create_app(platform)
    found = list(calls(flask))
    assert len(found) > 20
    client = flask.test_client()
    for endpoint, method, path in found:
        answer = client.open(path, method=method, buffered=True)
        if endpoint not in WITHOUT_KEY:
            assert answer.status_code == 401, f"{method} {path} answered {answer.status_code}"


def test_the_edge_needs_one_too(platform: Platform) -> None:
    flask = create_app(platform)

    async def ask() -> None:
        edge = Edge(flask, platform)
        for endpoint, method, path in calls(flask):
            if endpoint not in WITHOUT_KEY:
                assert await status_of(edge, method, path) == 401, f"{method} {path}"
        await edge._close()

    asyncio.run(ask())
