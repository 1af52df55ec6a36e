"""What a new job needs to know, and its rows, in two round trips (PostgreSQL; docs/decisions/0016).

SQLAlchemy's way through the same tables takes a dozen, and each costs a thread its turn at the interpreter.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from app.store.direct import Direct
from app.store.models import Base, Event, Job, StageRow

# A line is one owner's stages of one queue. The stages that come are not there yet: nothing leaves them out.
# `follows_own` in the order of `ix_stages_line`: a planner that knows of few ready stages else takes the
# whole queue's.
_LOOK = """
WITH asked AS (
  SELECT * FROM unnest(%(queues)s::varchar[], %(line_owners)s::varchar[]) AS a (queue, owner_id)
), clock AS MATERIALIZED (
  SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS now
), held AS MATERIALIZED (
  SELECT queue COLLATE "C" AS queue, owner_id COLLATE "C" AS owner_id, count(*) AS stages,
    sum(published) AS published FROM (
    SELECT queue, owner_id, 1 AS published FROM stages WHERE state = 'published'
    UNION ALL SELECT queue, owner_id, 0 FROM stages WHERE state = 'running') AS live
  WHERE queue = ANY(%(queues)s) GROUP BY queue COLLATE "C", owner_id COLLATE "C"
), lines AS (
  SELECT a.queue, a.owner_id,
    (SELECT stages FROM held h WHERE h.queue = a.queue AND h.owner_id = a.owner_id) AS own,
    (SELECT sum(published) FROM held h WHERE h.queue = a.queue) AS published,
    (SELECT id FROM stages s WHERE state = 'ready' AND s.queue = a.queue AND s.owner_id = a.owner_id
       AND run_at <= (SELECT now FROM clock) ORDER BY priority, ready_at LIMIT 1) IS NOT NULL AS follows_own,
    (SELECT max(priority) FROM stages s WHERE state = 'ready' AND s.queue = a.queue
       AND run_at <= (SELECT now FROM clock)) AS highest
  FROM asked a WHERE a.queue NOT IN (SELECT name FROM paused_queues)
)
SELECT now,
  ARRAY(SELECT id FROM owners WHERE id = ANY(%(owners)s) AND tier = ANY(%(tiers)s)) AS limited,
  ARRAY(SELECT nextval('stages_id_seq') FROM generate_series(1, %(stages)s)) AS stage_ids,
  (SELECT coalesce(json_agg(lines), '[]') FROM lines) AS lines
FROM clock
"""
Line = tuple[str, str]  # queue, owner


@dataclass(frozen=True)
class Standing:
    """What a new stage finds in its line: as `order.Arrival`; None for `highest`: nothing is ready there."""

    own: int
    published: int
    follows_own: bool
    highest: int | None


@dataclass(frozen=True)
class Look:
    at: int  # the database's clock in microseconds
    limited: frozenset[str]
    stage_ids: list[int]
    lines: dict[Line, Standing]  # paused queues have none


def look(
    direct: Direct, owners: Collection[str], tiers: Collection[str], stages: int, lines: Collection[Line]
) -> Look:
    """The owners on one of `tiers`, ids for so many new stages, and what they find in these lines."""
    asked = {
        "owners": list(owners),
        "tiers": list(tiers),
        "stages": stages,
        "queues": [queue for queue, _ in lines],
        "line_owners": [owner for _, owner in lines],
    }
    row = direct.one(_LOOK, asked)
    found = {
        (line["queue"], line["owner_id"]): Standing(
            line["own"] or 0, line["published"] or 0, line["follows_own"], line["highest"]
        )
        for line in row.lines
    }
    return Look(row.now, frozenset(row.limited), sorted(row.stage_ids), found)


def insert(
    direct: Direct,
    jobs: Sequence[Mapping[str, Any]],
    stages: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
) -> bool:
    """One transaction, durable. False: nothing was written, because a row was there or one it names was not.

    Values are plain, and all rows of a table have the same columns.
    """
    tables: tuple[tuple[type[Base], Sequence[Mapping[str, Any]]], ...] = (
        (Job, jobs),
        (StageRow, stages),
        (Event, events),
    )
    inserts = [_insert(model.__tablename__, list(rows[0])) for model, rows in tables]
    values = {model.__tablename__: json.dumps(rows) for model, rows in tables}
    try:
        direct.run("; ".join(("BEGIN", *inserts, "COMMIT")), values)
    except psycopg2.IntegrityError:
        return False
    return True


def _insert(table: str, columns: Sequence[str]) -> str:
    listed = ", ".join(columns)
    rows = f"json_populate_recordset(NULL::{table}, %({table})s)"
    return f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {rows}"  # noqa: S608  # names of ours
