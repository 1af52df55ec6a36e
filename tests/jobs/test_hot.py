"""Claim and finish in one statement write what the long way writes, row for row, whatever came before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, select, update

from app.errors import Conflict
from app.jobs import control, runs
from app.jobs.model import Claim, Done, Failed, Measure, Outcome
from app.jobs.platform import Platform
from app.jobs.status import key
from app.jobs.steward import Steward
from app.store import webhooks
from app.store.models import Base, Event, Job, JobMetrics, Owner, StageRow
from tests.kinds import queue_of, start

STEPS = ["claim", "claim again", "finish", "fail", "cancel", "lose", "retry"]
# The same in every job, or a moment: of these only whether there is one is compared.
_OWN = {"id", "job_id", "at", "created_at", "queue_wait"}
_MOMENTS = {"started_at", "ended_at", "ready_at", "run_at", "published_at", "lease_until", "deadline_at"}


def plain(row: Any) -> dict[str, Any]:
    held = {k: v for k, v in row._mapping.items() if k not in _OWN}
    return {k: v is not None if k in _MOMENTS else v for k, v in held.items()}


def rows(platform: Platform, job_id: str) -> list[Any]:
    """All that the database knows of a job, without names and moments of its own."""
    tables = (
        (Job, Job.id),
        (StageRow, StageRow.job_id),
        (Event, Event.job_id),
        (JobMetrics, JobMetrics.job_id),
    )
    with platform.db.read() as conn:
        return [
            [plain(row) for row in conn.execute(_in_order(table).where(key == job_id))]
            for table, key in tables
        ]


def _in_order(table: type[Base]) -> Select[Any]:
    """Rows as they were made: a table gives them in no order of its own."""
    return select(table.__table__).order_by(*table.__table__.primary_key.columns)


def live(platform: Platform, kind: str, steps: list[tuple[str, int]]) -> tuple[str, list[Any]]:
    """Lead a job through the steps; returns its id and what each step answered."""
    queue = queue_of(platform)
    queue.take()
    job_id = start(platform, kind)
    steward = Steward(platform, "s")
    held: list[Claim] = []
    said: list[Any] = []
    for number, (step, which) in enumerate(steps):
        if step == "claim" and queue.messages:
            message = queue.messages[-1]
            got = runs.claim(platform, job_id, message.stage_id, f"lease-{number}", f"w{which}")
            held += [got] if got else []
            said.append(
                got and (got.name, got.failures, got.job_params, got.stage_params, got.source, got.deck)
            )
        elif step == "claim again" and held:
            mine = held[which % len(held)]
            said.append(runs.claim(platform, job_id, mine.stage_id, mine.lease_id, "w") is not None)
        elif step in ("finish", "fail") and held:
            mine = held[which % len(held)]
            measure = Measure(1.5, 0.5, 1000 + which, 7, 8, f"w{which}", reused=which == 1)
            done = Done({"n": which, "text": "é"}, measure)
            said.append(runs.finish(platform, mine, done if step == "finish" else Failed("x", "No.", True)))
        elif step in ("cancel", "retry"):
            try:
                said.append(getattr(control, step)(platform, "local", job_id))
            except Conflict:
                said.append("conflict")
        elif step == "lose":
            with platform.db.write() as conn:
                stages = update(StageRow).where(StageRow.job_id == job_id)
                conn.execute(stages.where(StageRow.state == "running").values(lease_until=1))
                conn.execute(stages.where(StageRow.state == "ready").values(run_at=1))
            said.append((steward.rescue(), steward.feed()))
    return job_id, said


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["single", "single", "chain"]),
    tier=st.sampled_from(["unlimited", "free"]),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), max_size=8),
)
def test_both_ways_write_the_same(
    full_platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    tier: str,
    steps: list[tuple[str, int]],
) -> None:
    # What failed is not due again before the next step, however long a commit takes; and both wait as long.
    monkeypatch.setattr("random.random", lambda: 0.5)
    patient = full_platform.settings.model_copy(update={"backoff_base_s": 300.0})
    full_platform = replace(full_platform, settings=patient)
    with full_platform.db.write() as conn:
        conn.execute(update(Owner).values(tier=tier))
        conn.execute(update(Job).values(admission=None))  # jobs of earlier examples are not in the way
        conn.execute(update(StageRow).where(StageRow.state != "succeeded").values(state="cancelled"))
    direct = full_platform.db.direct
    assert direct is not None
    steps = [("claim", 0), *steps, ("finish", 0)]
    short_id, short = live(full_platform, kind, steps)
    ended = rows(full_platform, short_id)
    with full_platform.db.write() as conn:
        conn.execute(update(Job).where(Job.id == short_id).values(admission=None))
        conn.execute(update(StageRow).where(StageRow.state != "succeeded").values(state="cancelled"))
    full_platform.db.direct = None
    try:
        long_id, long = live(full_platform, kind, steps)
    finally:
        full_platform.db.direct = direct
    assert short == long
    assert ended == rows(full_platform, long_id)


def test_who_has_a_webhook_is_told_of_the_end(full_platform: Platform) -> None:
    with full_platform.db.write() as conn:
        hook = {"id": "wh", "owner_id": "local", "url": "https://x", "events": ["job.ended"], "label": ""}
        webhooks.add(conn, **hook, enabled=True, secret="s")
    job_id = start(full_platform, "single")
    (message,) = queue_of(full_platform).take()
    held = runs.claim(full_platform, job_id, message.stage_id, "lease", "w")
    assert held is not None
    assert runs.finish_together(full_platform, [(held, Done({}, Measure()))]) == set()
    assert runs.finish(full_platform, held, Done({}, Measure()))
    assert rows(full_platform, job_id)[0][0]["status"] == "succeeded"


def test_a_job_of_one_stage_ends_in_one_statement(full_platform: Platform) -> None:
    """Else the comparison above would compare the long way with itself."""
    job_id = start(full_platform, "single")
    (message,) = queue_of(full_platform).take()
    held = runs.claim(full_platform, job_id, message.stage_id, "lease", "w")
    assert held is not None
    ends = [(held, Done({}, Measure()))]
    assert runs.finish_together(full_platform, ends) == {held.stage_id}
    assert runs.finish_together(full_platform, ends) == set(), "it has ended"
    kept = full_platform.cache.get_versioned(key(job_id))
    assert kept is None or kept[0] == 4
    assert rows(full_platform, job_id)[0][0]["status"] == "succeeded"


def test_of_ends_that_are_committed_together_each_is_judged_by_itself(full_platform: Platform) -> None:
    jobs = [start(full_platform, "single") for _ in range(4)]
    held = []
    for message in queue_of(full_platform).take():
        claim = runs.claim(full_platform, message.job_id, message.stage_id, "lease", "w")
        assert claim is not None
        held.append(claim)
    assert [claim.losses for claim in held] == [0] * 4
    ends: list[tuple[Claim, Outcome]] = [(claim, Done({"of": claim.job_id})) for claim in held]
    ends[1] = (replace(held[1], lease_id="another"), ends[1][1])
    ends[2] = (held[2], Failed("x", "No.", False))
    done = {held[0].stage_id, held[3].stage_id}
    assert runs.finish_together(full_platform, ends) == done
    states = [rows(full_platform, job_id)[0][0]["status"] for job_id in jobs]
    assert states == ["succeeded", "running", "running", "succeeded"]
    assert rows(full_platform, jobs[3])[1][0]["result"] == {"of": jobs[3]}


def test_only_the_claim_itself_does_not_wait_for_the_disk(full_platform: Platform) -> None:
    job_id = start(full_platform, "single")
    (message,) = queue_of(full_platform).take()
    assert runs.claim(full_platform, job_id, message.stage_id, "lease", "w") is not None
    direct = full_platform.db.direct
    assert direct is not None
    source = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
    assert direct.one(source, {}).source != "session", "the next statement of this connection does"
