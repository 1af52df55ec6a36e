"""JSON submissions that do not go through Flask: the same answers, and each job durable before its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers_http import make_platform
from sqlalchemy import insert
from ways_http import Headers, Told, Ways

from app.accounts import people
from app.accounts.gate import Gate
from app.accounts.rates import Standing
from app.errors import Unavailable
from app.http.bridge import Bridge
from app.jobs import status
from app.jobs.platform import Platform
from app.store import reading
from app.store.models import Owner
from tests.stack import wait_for

_OWN = ("id", "created_at", "links", "stages")  # of each job its own


@pytest.fixture(params=["embedded", "full"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    if request.param == "full":
        made: Platform = request.getfixturevalue("full_platform")
        with made.db.write() as conn:
            conn.execute(insert(Owner).values(id="ada", name="ada", tier="unlimited", created_at=0))
    else:
        made = make_platform(tmp_path / "embedded")
    yield replace(made, settings=made.settings.model_copy(update={"api_auth": "keys"}))
    if request.param == "embedded":
        made.db.close()


@pytest.fixture
def sent(held: Platform) -> Headers:
    key = people.add_key(held.db, "ada", label="", scopes=["read", "write"], days=None)
    return {"Authorization": f"Bearer {key.secret}", "Content-Type": "application/json"}


@pytest.fixture
def ways(held: Platform, monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(held, monkeypatch)


@pytest.fixture
def no_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bridge, "serve", lambda *_: 1 / 0)


def kind_of(platform: Platform) -> str:
    return next(k.name for k in platform.catalogue.kinds.values() if not k.needs_source and not k.internal)


def body_of(platform: Platform, **fields: Any) -> bytes:
    return json.dumps({"kind": kind_of(platform), "title": "Größe", **fields}).encode()


def stages_of(told: Told) -> list[tuple[str, str]]:
    return [(stage["name"], stage["queue"]) for stage in json.loads(told.body)["stages"]]


def test_a_job_is_answered_as_flask_answers(held: Platform, ways: Ways, sent: Headers) -> None:
    body = body_of(held, priority="high")
    (told,) = ways.edge("/api/jobs", sent, method="POST", body=body)
    alone = ways.flask("/api/jobs", sent, "POST", body)
    mine, theirs = json.loads(told.body), json.loads(alone.body)
    assert {k: v for k, v in mine.items() if k not in _OWN} == {
        k: v for k, v in theirs.items() if k not in _OWN
    }
    assert mine.keys() == theirs.keys()
    assert stages_of(told) == stages_of(alone)
    assert [s.keys() for s in mine["stages"]] == [s.keys() for s in theirs["stages"]]
    assert (told.status, told.headers["location"]) == (202, mine["links"]["self"])
    kept = {k: v for k, v in told.headers.items() if k not in ("location", "content-length")}
    assert kept == {k: v for k, v in alone.headers.items() if k not in ("location", "content-length")}


def test_the_short_way_answers_as_the_long_one(held: Platform, ways: Ways, sent: Headers) -> None:
    """Also what only the database can refuse, and what an earlier request with the same key made."""
    long = {"Connection": "close"}
    for fields, more in (({}, {}), ({"upload": "upl_none"}, {}), ({}, {"Idempotency-Key": "once"})):
        body = body_of(held, **fields)
        before = ways.long
        first, second = ways.edge("/api/jobs", sent | more, 2, "POST", body)  # its key is known by then
        assert ways.long - before == (2 if more else 1)
        (third,) = ways.edge("/api/jobs", sent | more | long, 1, "POST", body)
        assert ways.long - before == (3 if more else 2)
        assert (first.status, second.status) == (202 if more else third.status, third.status)
        for told in (first, second):
            varies = ("location", "content-length", "ratelimit", "date", "connection")
            assert {k: v for k, v in told.headers.items() if k not in varies} == {
                k: v for k, v in third.headers.items() if k not in varies
            }
            assert json.loads(told.body).keys() == json.loads(third.body).keys()


def test_a_submission_is_counted_once(held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it takes in the end."""
    owner = people.add_user(held.db, "eve", "pro")
    key = people.add_key(held.db, owner, label="", scopes=["read", "write"], days=None).secret
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    counted = []
    enter = Gate.enter

    def noted(gate: Gate, name: str, limit: int) -> Standing | None:
        if (standing := enter(gate, name, limit)) is not None:
            counted.append(standing)
        return standing

    monkeypatch.setattr(Gate, "enter", noted)
    for fields in ({}, {"upload": "upl_none"}, {"colour": "red"}):
        for told in ways.edge("/api/jobs", headers, 3, "POST", body_of(held, **fields)):
            assert "ratelimit" in told.headers
    assert len(counted) == 9
    assert ways.long == 1 + 1 + 3


def test_who_may_not_write_is_told_so(held: Platform, ways: Ways) -> None:
    key = people.add_key(held.db, "ada", label="", scopes=["read"], days=None).secret
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    told = ways.edge("/api/jobs", headers, 3, "POST", body_of(held))
    assert {t.status for t in told} == {403}


@pytest.mark.usefixtures("no_flask")
def test_what_was_answered_is_kept_cached_and_published(held: Platform, ways: Ways, sent: Headers) -> None:
    (told,) = ways.edge("/api/jobs", sent, method="POST", body=body_of(held))
    job_id = json.loads(told.body)["id"]
    with held.db.read() as conn:
        row = reading.job(conn, job_id)
        assert row is not None
        assert (row.owner_id, row.status, row.title) == ("ada", "queued", "Größe")
        assert [e.type for e in reading.events_after(conn, job_id, 0, 9)] == ["job.queued"]
    assert held.cache.get_versioned(status.key(job_id)) is not None
    (message,) = held.queue.messages  # type: ignore[attr-defined]
    assert message.job_id == job_id


WRONG: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"[1]", 422),
    (b'{"kind": "nonsense"}', 422),
    (b'{"kind": 7}', 422),
    (b'{"kind": "ping", "colour": "red"}', 422),
    (b'{"kind": "ping", "title": "\\u0000"}', 422),
    (b'{"kind": "ping", "title": "a\\nb"}', 422),
    (b'{"priority": "urgent"}', 422),
    (b'{"kind": "ping", "upload": "upl_none"}', 422),
    (b'{"kind": "ping", "upload": "upl_none", "url": "http://x"}', 422),
    (b'{"kind": "ping", "params": {"nonsense": 1}}', 422),
]


@pytest.mark.parametrize(("body", "code"), WRONG)
def test_what_is_wrong_is_told_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, code: int
) -> None:
    held = make_platform(tmp_path)
    ways, sent = Ways(held, monkeypatch), {"Content-Type": "application/json"}
    (told,) = ways.edge("/api/jobs", sent, method="POST", body=body)
    alone = ways.flask("/api/jobs", sent, "POST", body)
    assert (told.status, json.loads(told.body)) == (alone.status, json.loads(alone.body))
    assert told.status == code
    held.db.close()


@pytest.mark.usefixtures("no_flask")
def test_many_of_one_moment_and_one_bad_among_them(held: Platform, ways: Ways, sent: Headers) -> None:
    bodies = [body_of(held, title=str(n)) for n in range(150)]
    bodies[7] = body_of(held, params={"nonsense": 1})
    bodies[70] = body_of(held, upload="upl_none")  # told by the database only
    told = ways.together("/api/jobs", [sent] * len(bodies), bodies)
    assert [n for n, t in enumerate(told) if t.status != 202] == [7, 70]
    assert {told[7].status, told[70].status} == {422}
    jobs = [json.loads(t.body) for t in told if t.status == 202]
    assert [j["title"] for j in jobs] == [str(n) for n in range(150) if n not in (7, 70)]
    assert len({j["id"] for j in jobs}) == len(jobs)
    for job in jobs:
        assert status.read(held, "ada", job["id"])["title"] == job["title"]
        stages = [s["id"] for s in job["stages"]]
        assert [s["id"] for s in status.read(held, "ada", job["id"])["stages"]] == stages


@pytest.mark.usefixtures("no_flask")
def test_an_idempotency_key_counts_in_one_moment_too(held: Platform, ways: Ways, sent: Headers) -> None:
    keyed = sent | {"Idempotency-Key": "once"}
    bodies = [body_of(held)] * 4 + [body_of(held, title="other")]
    told = ways.together("/api/jobs", [keyed] * 5, bodies)
    (first,) = (n for n, t in enumerate(told) if t.status == 202)  # whichever came first
    for body, one in zip(bodies, told, strict=True):
        if body == bodies[first]:
            assert json.loads(one.body)["id"] == json.loads(told[first].body)["id"]
            assert one.status in (200, 202)
        else:
            assert (one.status, json.loads(one.body)["code"]) == (422, "idempotency_key_reused")


@pytest.mark.usefixtures("no_flask")
def test_without_queue_and_cache_a_job_is_kept_all_the_same(
    held: Platform, ways: Ways, sent: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise Unavailable("It cannot be reached just now.")

    monkeypatch.setattr(held.queue, "publish", down)
    monkeypatch.setattr(held.cache, "put_all_newer", down)
    (told,) = ways.edge("/api/jobs", sent, method="POST", body=body_of(held))
    assert told.status == 202
    job_id = json.loads(told.body)["id"]
    assert wait_for(lambda: status.read(held, "ada", job_id)["status"] == "queued", 10, "the job")


def test_a_database_that_is_away_is_said(
    held: Platform, ways: Ways, sent: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ways.edge("/api/jobs", sent, method="POST", body=body_of(held))[0].status == 202

    def down(*_: Any) -> None:
        raise Unavailable("The database cannot be reached just now.")

    with monkeypatch.context() as away:
        away.setattr(held.db, "write", down)
        if held.db.direct is not None:
            away.setattr(held.db.direct, "one", down)
        told = ways.together("/api/jobs", [sent] * 20, [body_of(held)] * 20)
    assert {t.status for t in told} == {503}
    assert all("retry-after" in t.headers for t in told)
    assert ways.edge("/api/jobs", sent, method="POST", body=body_of(held))[0].status == 202


def test_another_sites_page_is_refused_as_by_flask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make_platform(tmp_path)
    headers = {"Content-Type": "application/json", "Origin": "https://evil.example"}
    ways = Ways(held, monkeypatch)
    assert ways.edge("/api/jobs", headers, method="POST", body=b'{"kind": "ping"}')[0].status == 401
    ours = headers | {"Origin": "http://localhost"}
    assert ways.edge("/api/jobs", ours, method="POST", body=b'{"kind": "ping"}')[0].status == 202
    held.db.close()
