"""The short way of a submission writes and publishes what the long way does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from app.errors import IdempotencyMismatch
from app.jobs import queues
from app.jobs.platform import Platform
from app.jobs.submit import Link, NewJob, submit, submit_many
from app.store.models import Base, Event, Job, Owner, PausedQueue, StageRow
from tests.kinds import queue_of

_OWN = {"id", "job_id", "at", "created_at"}
_MOMENTS = {"ready_at", "run_at", "published_at"}
TABLES: tuple[type[Base], ...] = (Job, StageRow, Event)
OWNERS = ["local", "ada", "bob"]
COMMANDS = st.lists(
    st.builds(
        NewJob,
        st.sampled_from(OWNERS),
        st.sampled_from(["single", "single", "chain", "diamond"]),
        params=st.sampled_from([{}, {"size": 7}]),
        title=st.sampled_from(["", "Größe \\ “%s” :x"]),
        priority=st.sampled_from(["normal", "normal", "high", "low"]),
        source=st.sampled_from([None, Link("https://example.org/ä")]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def held(full_platform: Platform) -> Platform:
    with full_platform.db.write() as conn:
        for name in OWNERS[1:]:
            conn.execute(insert(Owner).values(id=name, name=name, tier="unlimited", created_at=0))
    small = full_platform.settings.model_copy(update={"publish_window": 6})
    object.__setattr__(full_platform, "settings", small)
    return full_platform


def plain(row: Any) -> dict[str, Any]:
    held = {k: v for k, v in row._mapping.items() if k not in _OWN}
    return {k: v is not None if k in _MOMENTS else v for k, v in held.items()}


def led(platform: Platform, batches: Sequence[list[NewJob]], begun: int, *, paused: bool) -> Any:
    """All that is in the tables, and what was sent, after these submissions into an empty database."""
    with platform.db.write() as conn:
        for table in (Job, PausedQueue):
            conn.execute(delete(table))
    queue_of(platform).take()
    if paused:
        queues.pause(platform, "default")
    for number, commands in enumerate(batches):
        submit_many(platform, commands)
        if number == 0:  # some of the first run already
            with platform.db.write() as conn:
                some = select(StageRow.id).where(StageRow.state == "published").order_by(StageRow.id)
                values = {"state": "running", "lease_until": 1}
                conn.execute(update(StageRow).where(StageRow.id.in_(some.limit(begun))).values(**values))
    with platform.db.read() as conn:
        kept = [
            [plain(row) for row in conn.execute(select(t.__table__).order_by(*t.__table__.primary_key))]
            for t in TABLES
        ]
        place = {row.id: n for n, row in enumerate(conn.execute(select(StageRow.id).order_by(StageRow.id)))}
    jobs, stages, events = kept  # jobs and events have random names, so no order of their own
    kept = [sorted(jobs, key=repr), stages, sorted(events, key=repr)]
    return kept, [(m.task, m.queue, m.behind, place[m.stage_id]) for m in queue_of(platform).take()]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(COMMANDS, min_size=1, max_size=4), begun=st.integers(0, 3), paused=st.booleans())
def test_both_ways_write_and_send_the_same(
    held: Platform, batches: list[list[NewJob]], begun: int, paused: bool
) -> None:
    direct = held.db.direct
    assert direct is not None
    short = led(held, batches, begun, paused=paused)
    held.db.direct = None
    try:
        assert led(held, batches, begun, paused=paused) == short
    finally:
        held.db.direct = direct


def test_a_key_used_before_is_found_though_nobody_looked(held: Platform) -> None:
    first = submit(held, NewJob("ada", "single", idempotency_key="once"))
    assert first.created
    again = submit_many(held, [NewJob("ada", "single", idempotency_key="once"), NewJob("ada", "single")])
    assert (again[0].job_id, again[0].created, again[1].created) == (first.job_id, False, True)
    with pytest.raises(IdempotencyMismatch):
        submit(held, NewJob("ada", "chain", idempotency_key="once"))
    assert submit(held, NewJob("bob", "single", idempotency_key="once")).created


def test_a_limited_owners_job_waits_to_be_let_in(held: Platform) -> None:
    with held.db.write() as conn:
        conn.execute(update(Owner).where(Owner.id == "ada").values(tier="free"))
    submit_many(held, [NewJob("ada", "single") for _ in range(5)] + [NewJob("bob", "single")])
    with held.db.read() as conn:
        admissions = conn.execute(select(Job.admission).where(Job.owner_id == "ada")).scalars().all()
    assert sorted(admissions) == ["admitted"] * 3 + ["waiting"] * 2
