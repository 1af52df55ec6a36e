"""Thousands of rows at once, in a database that was small until now."""

from __future__ import annotations

from sqlalchemy import Connection, text

from app.jobs.platform import Platform
from app.store import jobs as rows
from tests.store.test_lines import job_row


def put(conn: Connection, first: int, count: int, *, analyze: bool = False) -> None:
    jobs = [job_row(first + i, "local") for i in range(count)]
    rows.insert_jobs(conn, jobs)
    if analyze:  # as the server does of itself once some rows are there
        conn.execute(text("ANALYZE jobs"))
    plain = {"owner_id": "local", "name": "only", "queue": "default", "after": [], "state": "ready"}
    more = {"params": {}, "priority": 1, "run_at": 0, "ready_at": 0}
    rows.insert_stages(conn, [plain | more | {"job_id": job["id"]} for job in jobs])


def walked_over(conn: Connection) -> int:
    """Rows of jobs read in walks through the whole table, in this transaction."""
    statement = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'jobs'"
    return int(conn.execute(text(statement)).scalar_one())


def test_a_batch_does_not_look_its_keys_up_as_when_the_table_was_small(full_platform: Platform) -> None:
    with full_platform.db.write() as conn:
        put(conn, 0, 40, analyze=True)
        small = walked_over(conn)
        assert small >= 40 * 40 / 2, "with 40 rows a walk is the cheapest way; else this test shows nothing"
        put(conn, 40, 1000)
        assert walked_over(conn) == small
