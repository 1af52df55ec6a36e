"""Reading the lines of ready stages: fair to every line, and in steps of an index, however long one is."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import insert, select, text, update

from app.jobs.platform import Platform
from app.store import lines, queues
from app.store.models import Job, StageRow
from tests.kinds import start


def job_row(number: int, owner: str) -> dict[str, Any]:
    return {
        "id": f"job_{number}",
        "owner_id": owner,
        "kind": "single",
        "status": "queued",
        "version": 1,
        "params": {},
        "source": {},
        "warnings": [],
        "created_at": number,
    }


def add(platform: Platform, owner: str, count: int, *, queue: str = "default", priority: int = 1) -> None:
    with platform.db.write() as conn:
        first = len(conn.execute(select(Job.id)).all())
        jobs = [job_row(first + i, owner) for i in range(count)]
        conn.execute(insert(Job), jobs)
        plain = {"owner_id": owner, "name": "only", "queue": queue, "after": [], "state": "ready"}
        more = {"params": {}, "priority": priority, "run_at": 0}
        conn.execute(
            insert(StageRow),
            [plain | more | {"job_id": job["id"], "ready_at": job["created_at"]} for job in jobs],
        )


def found(platform: Platform, each: int) -> Counter[tuple[str, str, int]]:
    with platform.db.read() as conn:
        rows = lines.ready(conn, each=each, ageing_us=300_000_000)
    assert len({row.id for row in rows}) == len(rows)
    return Counter((row.queue, row.owner_id, row.priority) for row in rows)


def test_of_every_line_the_front_is_read(platform: Platform) -> None:
    add(platform, "local", 50)
    add(platform, "local", 3, priority=3)
    add(platform, "system", 2)
    add(platform, "system", 1, queue="analysis")
    assert found(platform, 5) == {
        ("default", "local", 1): 5,
        ("default", "local", 3): 3,
        ("default", "system", 1): 2,
        ("analysis", "system", 1): 1,
    }


def test_with_many_lines_only_the_most_urgent_are_read_beyond_their_heads(platform: Platform) -> None:
    for priority in range(4):
        add(platform, "local", 9, priority=priority)
    assert found(platform, 3) == {("default", "local", p): 3 if p else 1 for p in range(4)}


def test_paused_queues_and_what_is_not_due_are_left_out(platform: Platform) -> None:
    add(platform, "local", 4)
    add(platform, "local", 4, queue="analysis")
    with platform.db.write() as conn:
        queues.pause(conn, "analysis")
        late = update(StageRow).where(StageRow.job_id.in_(["job_0", "job_2"]))
        conn.execute(late.values(run_at=2**60))
    assert found(platform, 9) == {("default", "local", 1): 2}


def test_what_is_under_way_is_counted_by_owner(platform: Platform) -> None:
    start(platform, "single")
    with platform.db.read() as conn:
        ((who, theirs),) = lines.under_way(conn).items()
    assert who == ("default", "local")
    assert (theirs.published, theirs.running) == (1, 0)
    assert theirs.published_at > 0


def test_a_flood_of_ten_thousand_is_not_read(full_platform: Platform) -> None:
    add(full_platform, "local", 10_000)
    add(full_platform, "system", 5)
    with full_platform.db.write() as conn:
        conn.execute(text("ANALYZE stages"))
    with full_platform.db.read() as conn:
        plan = conn.execute(
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {lines._HEADS}"), {"most": 1000}
        ).scalar_one()
    text_of = str(plan)
    assert "ix_stages_line" in text_of
    assert "Seq Scan" not in text_of

    def most_rows(node: dict[str, object]) -> float:
        below = node.get("Plans") or []
        assert isinstance(below, list)
        return max([float(str(node["Actual Rows"])), *(most_rows(child) for child in below)])

    assert most_rows(plan[0]["Plan"]) < 10
