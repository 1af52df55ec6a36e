"""A status answered ahead of Flask says what Flask says, in both stacks, whatever state the job is in."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers_http import make_platform
from sqlalchemy import Connection, insert
from ways_http import Headers, Ways

from app.accounts import people
from app.accounts.gate import Gate
from app.accounts.keys import Caller, Keyring
from app.errors import Unavailable
from app.http.doors import Doors
from app.jobs import limits, runs, status
from app.jobs.limits import Tier
from app.jobs.model import Done
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.store import accounts
from app.store import jobs as rows
from app.store.database import AnyRow
from app.store.models import Owner


@pytest.fixture(params=["embedded", "full"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """A platform that wants keys and trusts what it cached for a minute."""
    if request.param == "full":
        made: Platform = request.getfixturevalue("full_platform")
        with made.db.write() as conn:
            conn.execute(insert(Owner).values(id="ada", name="ada", tier="premium", created_at=0))
    else:
        made = make_platform(tmp_path / "embedded")
    patience = made.settings.model_copy(update={"api_auth": "keys", "status_revalidate_s": 60.0})
    yield replace(made, settings=patience)
    if request.param == "embedded":
        made.db.close()


def key_of(platform: Platform, owner_id: str, *scopes: Any) -> Headers:
    made = people.add_key(platform.db, owner_id, label="", scopes=scopes or ("read", "write"), days=None)
    return {"Authorization": f"Bearer {made.secret}"}


def job_of(platform: Platform) -> str:
    kind = next(k.name for k in platform.catalogue.kinds.values() if not k.needs_source and not k.internal)
    return submit(platform, NewJob("ada", kind, title="Größe")).job_id


def begin(platform: Platform, job_id: str) -> runs.Claim:
    with platform.db.read() as conn:
        (stage,) = (row.id for row in rows.stages_of(conn, job_id))
    claim = runs.claim(platform, job_id, stage, uuid.uuid4().hex, "w1")
    assert claim is not None
    return claim


@pytest.fixture
def ways(held: Platform, monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(held, monkeypatch)


def test_browsers_are_told_to_come_by_https_only(held: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    site = held.settings.model_copy(update={"public_url": "https://lectern.example"})
    ways = Ways(replace(held, settings=site), monkeypatch)
    path, sent = f"/api/jobs/{job_of(held)}", key_of(held, "ada")
    ways.flask(path, sent)
    assert ways.agree(path, sent, quick=True).headers["strict-transport-security"].startswith("max-age=")
    (refused,) = ways.edge(path, {})
    assert refused.status == 401
    assert "strict-transport-security" in refused.headers


def test_queued_running_and_ended_jobs(held: Platform, ways: Ways) -> None:
    job_id, sent = job_of(held), key_of(held, "ada")
    path = f"/api/jobs/{job_id}"
    assert ways.flask(path, sent).status == 200  # fills the cache
    queued = ways.agree(path, sent, quick=True)
    assert b'"status":"queued"' in queued.body
    claim = begin(held, job_id)
    assert ways.flask(path, sent).status == 200
    assert b'"progress":0.0' in ways.agree(path, sent, quick=True).body
    status.report_progress(held, job_id, claim.stage_id, claim.lease_id, 0.25, "slide 3")
    moved = ways.agree(path, sent, quick=True)
    assert b'"note":"slide 3"' in moved.body
    assert runs.finish(held, claim, Done({}))
    assert ways.flask(path, sent).status == 200
    ended = ways.agree(path, sent, quick=True)
    assert b'"status":"succeeded"' in ended.body
    assert len({told.headers["etag"] for told in (queued, moved, ended)}) == 3


def test_what_the_client_has_is_not_sent_again(held: Platform, ways: Ways) -> None:
    job_id, sent = job_of(held), key_of(held, "ada")
    tag = ways.flask(f"/api/jobs/{job_id}", sent).headers["etag"]
    for known in (tag, f'W/{tag}, "other"', "*"):
        told = ways.agree(f"/api/jobs/{job_id}", sent | {"If-None-Match": known}, quick=True)
        assert (told.status, told.body) == (304, b"")
    assert ways.agree(f"/api/jobs/{job_id}", sent | {"If-None-Match": '"1-old"'}, quick=True).status == 200


def test_what_may_not_be_seen_is_refused_alike(held: Platform, ways: Ways) -> None:
    job_id = job_of(held)
    path = f"/api/jobs/{job_id}"
    assert ways.flask(path, key_of(held, "ada")).status == 200
    for sent, code in (
        ({}, 401),
        ({"Authorization": "Bearer lk_wrong"}, 401),
        ({"Authorization": "Basic eA=="}, 401),
        (key_of(held, "local"), 404),  # somebody else's: not even that it exists
        (key_of(held, "ada", "write"), 403),
    ):
        told = ways.agree(path, sent, quick=False)
        assert (told.status, told.headers["content-type"]) == (code, "application/problem+json")
    ways.agree(f"/api/jobs/job_{'0' * 32}", key_of(held, "ada"), quick=False)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many keys each question to the database was about."""
    looks: list[int] = []
    whole = accounts.holders_of_keys

    def counted(conn: Connection, digests: Collection[str]) -> dict[str, AnyRow]:
        looks.append(len(digests))
        return whole(conn, digests)

    monkeypatch.setattr(accounts, "holders_of_keys", counted)
    return looks


@pytest.mark.parametrize(("right", "code"), [(True, 200), (False, 401)])
def test_a_crowd_with_one_unseen_key_costs_one_look(
    held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch, right: bool, code: int
) -> None:
    path, sent = f"/api/jobs/{job_of(held)}", key_of(held, "ada")
    looks = watched(monkeypatch)
    told = ways.crowd(path, sent if right else {"Authorization": "Bearer lk_wrong"}, 30)
    assert {t.status for t in told} == {code}
    assert len(looks) == 1


def test_many_unseen_keys_cost_two_looks(held: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [key_of(held, "ada")["Authorization"] for _ in range(20)] + ["Bearer lk_wrong"]
    looks = watched(monkeypatch)

    async def all_at_once() -> list[Caller | None]:
        with ThreadPoolExecutor(4) as readers:
            doors = Doors(Keyring(held.db, "keys"), Gate(held.cache), readers, 0)
            scopes = [{"path": "/api/jobs", "headers": [(b"authorization", s.encode())]} for s in sent]
            return await asyncio.gather(*(doors.admit(scope) for scope in scopes))

    callers = asyncio.run(all_at_once())
    assert [caller and caller.owner_id for caller in callers] == ["ada"] * 20 + [None]
    assert sum(looks) == 21
    assert len(looks) <= 2  # the first alone, and all that came meanwhile


def test_head_is_get_without_its_body(held: Platform, ways: Ways) -> None:
    path, sent = f"/api/jobs/{job_of(held)}", key_of(held, "ada")
    get = ways.edge(path, sent)[0]
    (head,) = ways.edge(path, sent, method="HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])


def test_a_change_is_seen_at_once(held: Platform, ways: Ways) -> None:
    job_id, sent = job_of(held), key_of(held, "ada")
    claim: list[runs.Claim] = []
    steps: list[tuple[str, Callable[[], object]]] = [
        ("queued", lambda: claim.append(begin(held, job_id))),
        ("running", lambda: runs.finish(held, claim[0], Done({}))),
        ("succeeded", lambda: None),
    ]
    for state, step in steps:
        for told in ways.edge(f"/api/jobs/{job_id}", sent, times=2):
            assert f'"status":"{state}"'.encode() in told.body
        step()


def test_a_live_entry_is_compared_with_the_primary(
    held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finish that the cache was not told of shows after `status_revalidate_s`."""
    hasty = replace(held, settings=held.settings.model_copy(update={"status_revalidate_s": 0.001}))
    job_id, sent = job_of(hasty), key_of(hasty, "ada")
    ways = Ways(hasty, monkeypatch)
    ways.flask(f"/api/jobs/{job_id}", sent)
    before = ways.long
    assert {t.status for t in ways.edge(f"/api/jobs/{job_id}", sent, times=4)} == {200}
    assert ways.long - before == 1  # confirmed by the primary: no need to read it all again
    claim = begin(hasty, job_id)
    ways.edge(f"/api/jobs/{job_id}", sent, times=2)
    with monkeypatch.context() as patch:
        patch.setattr(hasty.cache, "put_newer", _down)
        assert runs.finish(hasty, claim, Done({}))
    assert b'"status":"succeeded"' in ways.edge(f"/api/jobs/{job_id}", sent)[0].body


def _down(*_: object) -> None:
    raise Unavailable("The cache does not answer just now.")


async def _away(*_: object) -> None:
    raise Unavailable("The cache does not answer just now.")


def test_without_the_cache_the_database_answers(
    held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, sent = job_of(held), key_of(held, "ada")
    for name in ("get_versioned", "put_newer", "hash_all", "count"):
        monkeypatch.setattr(held.cache, name, _down)
    monkeypatch.setattr(held.cache, "read_packed", _away)
    assert [t.status for t in ways.edge(f"/api/jobs/{job_id}", sent, times=3)] == [200] * 3


def test_requests_are_counted_on_both_ways(
    held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {**limits.TIERS, "unlimited": Tier(None, 4, None), "premium": Tier(None, 4, None)}
    monkeypatch.setattr("app.http.limiting.TIERS", small)
    path, sent = f"/api/jobs/{job_of(held)}", key_of(held, "ada")
    told = [*ways.edge(path, sent, times=2), ways.flask(path, sent), *ways.edge(path, sent, times=3)]
    assert [t.status for t in told] == [200, 200, 200, 200, 429, 429]
    assert [t.headers["ratelimit"].split(";")[1] for t in told] == ["r=3", "r=2", "r=1", "r=0", "r=0", "r=0"]
    assert told[0].headers["ratelimit-policy"] == '"minute";q=4;w=60'
    for refused in (told[-1], ways.flask(path, sent)):
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 120
    assert ways.flask("/api/health/live", sent).status == 200
    assert ways.edge("/api/jobs", key_of(held, "local"))[0].status == 200  # somebody else's share


def test_strangers_share_with_their_address(
    held: Platform, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.limiting.WITHOUT_KEY", 3)
    wrong = [{"Authorization": f"Bearer lk_{guess}"} for guess in range(5)]
    assert [ways.edge("/api/jobs", sent)[0].status for sent in wrong] == [401, 401, 401, 429, 429]
    assert ways.edge("/api/jobs", key_of(held, "ada"))[0].status == 200
