"""Counts what a fault has cost: acknowledged ids against rows, events, effects and files.

    python -m benchmarks.faults.checker --database URL --storage FOLDER --acknowledged FILE

A program of its own: it shares nothing with what it judges but the schema. The last line is JSON; the exit
code is 0 only if nothing is lost, doubled, half or corrupt, and all has ended.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

LIVE_STAGE = "('waiting', 'ready', 'published', 'running')"
ENDED_JOB = "('succeeded', 'failed', 'cancelled')"

# Each finds breaches: (job id, what is wrong).
DOUBLED = {
    "effect committed twice": """
        SELECT job_id, stage || '/' || piece FROM lab_effects
        GROUP BY job_id, stage, piece HAVING count(*) > 1""",
    "success measured twice": """
        SELECT job_id, stage || '/' || chunk FROM job_metrics WHERE outcome = 'succeeded'
        GROUP BY job_id, stage, chunk HAVING count(*) > 1""",
    "success told twice": """
        SELECT job_id, (data->>'stage') || '/' || (data->>'chunk') FROM events WHERE type = 'stage.succeeded'
        GROUP BY job_id, data->>'stage', data->>'chunk' HAVING count(*) > 1""",
}
HALF = {
    "ended, with a live stage": f"""
        SELECT j.id, s.name FROM jobs j JOIN stages s ON s.job_id = j.id
        WHERE j.status IN {ENDED_JOB} AND s.state IN {LIVE_STAGE}""",
    "live, with no live stage": f"""
        SELECT j.id, j.status FROM jobs j WHERE j.status NOT IN {ENDED_JOB}
        AND NOT EXISTS (SELECT 1 FROM stages s WHERE s.job_id = j.id AND s.state IN {LIVE_STAGE})""",
    "running under no lease": """
        SELECT job_id, name FROM stages WHERE state = 'running' AND (lease_id IS NULL OR worker IS NULL)""",
    "waits for what has ended": f"""
        SELECT w.job_id, w.name FROM stages w JOIN jobs j ON j.id = w.job_id
        WHERE w.state = 'waiting' AND j.admission IS DISTINCT FROM 'waiting' AND NOT EXISTS (
          SELECT 1 FROM json_array_elements(w.after::json) e
          JOIN stages p ON p.job_id = w.job_id AND p.name = e->>0 WHERE p.state IN {LIVE_STAGE})""",
    "a gap in the events": """
        SELECT j.id, count(e.version) || ' of ' || j.version FROM jobs j LEFT JOIN events e ON e.job_id = j.id
        GROUP BY j.id, j.version HAVING count(e.version) <> j.version OR max(e.version) <> j.version""",
    "succeeded without its effect": """
        SELECT s.job_id, s.name FROM stages s WHERE s.state = 'succeeded'
        AND s.name NOT IN ('noop', 'cleanup', 'health_check', 'collect_statistics')
        AND NOT EXISTS (SELECT 1 FROM lab_effects e WHERE e.job_id = s.job_id AND e.stage = s.name)""",
    "an effect of what did not succeed": """
        SELECT e.job_id, e.stage FROM lab_effects e WHERE NOT EXISTS (SELECT 1 FROM stages s
        WHERE s.job_id = e.job_id AND s.name = e.stage AND s.state = 'succeeded')""",
    "succeeded with a failed goal": """
        SELECT j.id, s.name FROM jobs j JOIN stages s ON s.job_id = j.id
        WHERE j.status = 'succeeded' AND s.state IN ('skipped', 'cancelled')""",
}
_NAMED = """
    SELECT digest, job_id FROM artifacts UNION SELECT digest, job_id FROM stage_files
    UNION SELECT digest, job_id FROM slides
    UNION SELECT source_digest, id FROM jobs WHERE source_digest IS NOT NULL"""


def acknowledged(path: Path) -> list[str]:
    """Ids that a client was told are kept, one a line; what follows a tab is for others."""
    return [line.split("\t")[0] for line in path.read_text().splitlines() if line]


def judge(database: str, storage: Path, ids: Sequence[str]) -> dict[str, Any]:
    """What was lost, doubled, left half and corrupt, and what has not ended yet; lists of [job id, what]."""
    connection = psycopg2.connect(database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT id, status FROM jobs")
            status = dict(cursor.fetchall())
            ended = ("succeeded", "failed", "cancelled")
            lost = [[i, "no row"] for i in ids if i not in status]
            live = [[i, status[i]] for i in ids if i in status and status[i] not in ended]
            twice = [[i, "acknowledged twice"] for i, count in Counter(ids).items() if count > 1]
            found = {"doubled": twice + _breaches(cursor, DOUBLED), "half": _breaches(cursor, HALF)}
            cursor.execute(_NAMED)
            corrupt = [[job, why] for digest, job in cursor.fetchall() if (why := _damage(storage, digest))]
    finally:
        connection.close()
    failed = sum(status.get(i) == "failed" for i in ids)
    return {
        "acknowledged": len(ids),
        "failed": failed,
        "lost": lost,
        "live": live,
        **found,
        "corrupt": corrupt,
    }


def _breaches(cursor: Any, queries: dict[str, str]) -> list[list[str]]:
    found = []
    for name, query in queries.items():
        cursor.execute(query)
        found += [[job, f"{name}: {what}"] for job, what in cursor.fetchall()]
    return found


def _damage(storage: Path, digest: str) -> str:
    path = storage / digest[:2] / digest
    if not path.is_file():
        return f"file {digest[:12]} is not there"
    with path.open("rb") as file:
        real = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if real == digest else f"file {digest[:12]} holds something else"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", required=True)
    parser.add_argument("--storage", type=Path, required=True)
    parser.add_argument("--acknowledged", type=Path, required=True)
    options = parser.parse_args()
    found = judge(options.database, options.storage, acknowledged(options.acknowledged))
    print(json.dumps(found))
    return 1 if any(found[name] for name in ("lost", "live", "doubled", "half", "corrupt")) else 0


if __name__ == "__main__":
    sys.exit(main())
