"""Who stands in line: ready stages by queue, owner and priority, and what of each owner is under way.

However much one owner has waiting, reading the heads of all lines costs one step in an index for each line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, String, func, or_, select, text

from app.store.database import AnyRow, now_us
from app.store.models import Job, JobMetrics, Owner, StageRow
from app.store.queues import paused

_LINES = 1_000  # a bound for one round; with more owners than this the others come in a later one

# From the head of a line the index leads to the head of the next. SQLite knows no LATERAL, hence the join.
_HEADS = text("""
WITH RECURSIVE head(id, queue, owner_id, priority, ready_at) AS (
  SELECT * FROM (
    SELECT id, queue, owner_id, priority, ready_at FROM stages WHERE state = 'ready'
    ORDER BY queue, owner_id, priority, ready_at, id LIMIT 1
  ) AS first
  UNION ALL
  SELECT s.id, s.queue, s.owner_id, s.priority, s.ready_at FROM head JOIN stages s ON s.id = (
    SELECT n.id FROM stages n
    WHERE n.state = 'ready' AND (n.queue, n.owner_id, n.priority) > (head.queue, head.owner_id, head.priority)
    ORDER BY n.queue, n.owner_id, n.priority, n.ready_at, n.id LIMIT 1
  )
)
SELECT id, queue, owner_id, priority, ready_at FROM head LIMIT :most
""").columns(id=BigInteger, queue=String, owner_id=String, priority=Integer, ready_at=BigInteger)


def ready(conn: Connection, *, each: int, ageing_us: int, also_paused: bool = False) -> list[AnyRow]:
    """Stages that may be published now: from the front of each line up to `each`.

    That should be one more than there can be room for, so that it shows when some stay.
    Waiting `ageing_us` weighs as much as one priority. Of a queue with more than `each` lines only the most
    urgent are read beyond their heads. Paused queues are left out.
    """
    still = {} if also_paused else paused(conn)
    by_queue: dict[str, list[AnyRow]] = defaultdict(list)
    for head in conn.execute(_HEADS, {"most": _LINES}):
        if head.queue not in still:
            by_queue[head.queue].append(head)
    found: list[AnyRow] = []
    for heads in by_queue.values():
        heads.sort(key=lambda head: (head.ready_at or 0) - head.priority * ageing_us)
        for number, head in enumerate(heads):
            found += _front(conn, head, each if number < each else 1)
    return found


def _front(conn: Connection, head: AnyRow, limit: int) -> Sequence[AnyRow]:
    """The first of the head's line that are due."""
    statement = (
        select(
            StageRow.id,
            StageRow.job_id,
            StageRow.queue,
            StageRow.owner_id,
            StageRow.priority,
            StageRow.ready_at,
            StageRow.losses,
        )
        .where(
            StageRow.state == "ready",
            StageRow.queue == head.queue,
            StageRow.owner_id == head.owner_id,
            StageRow.priority == head.priority,
            StageRow.run_at <= now_us(),
        )
        .order_by(StageRow.ready_at, StageRow.id)
        .limit(limit)
    )
    return conn.execute(statement).all()


class UnderWay(NamedTuple):
    """An owner's stages in one queue; `published_at`: when the last of them was."""

    published: int
    running: int
    published_at: int


def under_way(conn: Connection) -> dict[tuple[str, str], UnderWay]:
    """(queue, owner) → what is published or running."""
    found: dict[tuple[str, str], UnderWay] = {}
    for state in ("published", "running"):  # each has an index of its own
        latest = func.coalesce(func.max(StageRow.published_at), 0)
        statement = (
            select(StageRow.queue, StageRow.owner_id, func.count(), latest)
            .where(StageRow.state == state)
            .group_by(StageRow.queue, StageRow.owner_id)
        )
        for queue, owner_id, count, at in conn.execute(statement):
            before = found.get((queue, owner_id), UnderWay(0, 0, 0))
            published, running = (count, 0) if state == "published" else (before.published, count)
            found[queue, owner_id] = UnderWay(published, running, max(at or 0, before.published_at))
    return found


def published(conn: Connection) -> Sequence[AnyRow]:
    """Stages with a message under way, as `ready` shows those without; windows bound how many there are."""
    statement = select(
        StageRow.id, StageRow.job_id, StageRow.queue, StageRow.owner_id, StageRow.priority, StageRow.ready_at
    )
    return conn.execute(statement.where(StageRow.state == "published")).all()


def unstarted(conn: Connection, job_ids: Collection[str]) -> set[str]:
    """Those of the jobs of which no stage was ever claimed."""
    found: set[str] = set()
    wanted = list(job_ids)
    for first in range(0, len(wanted), 500):
        some = wanted[first : first + 500]
        found |= set(conn.execute(select(Job.id).where(Job.id.in_(some), Job.status == "queued")).scalars())
    return found


def to_be_admitted(conn: Connection, limit: int) -> Sequence[AnyRow]:
    """(id, owner_id, tier, kind, priority, created_at) of jobs that wait for their owner's running limit."""
    statement = (
        select(Job.id, Job.owner_id, Owner.tier, Job.kind, Job.priority, Job.created_at)
        .join(Owner, Owner.id == Job.owner_id)
        .where(Job.admission == "waiting")
        .order_by(Job.created_at)
        .limit(limit)
    )
    return conn.execute(statement).all()


def last_runs(conn: Connection, limit: int) -> Sequence[AnyRow]:
    """(stage, owner_id, seconds, reused, outcome, created_at) of the latest runs, the newest first.

    Those that stood in a queue: what followed a result that was taken over (`jobs.following`) waited for
    nobody, and says nothing of how fast a queue moves.
    """
    statement = select(
        JobMetrics.stage,
        JobMetrics.owner_id,
        JobMetrics.processing_time.label("seconds"),
        JobMetrics.reused,
        JobMetrics.outcome,
        JobMetrics.created_at,
    ).where(or_(JobMetrics.reused.is_(False), JobMetrics.queue_wait > 0))
    return conn.execute(statement.order_by(JobMetrics.id.desc()).limit(limit)).all()


def last_jobs(conn: Connection, limit: int) -> Sequence[AnyRow]:
    """(kind, started_at, ended_at) of the jobs that ended last, of those that ran."""
    statement = select(Job.kind, Job.started_at, Job.ended_at).where(Job.ended_at.is_not(None))
    rows = conn.execute(statement.order_by(Job.ended_at.desc()).limit(limit)).all()
    return [row for row in rows if row.started_at is not None]
