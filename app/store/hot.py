"""Claim and finish of the simple case, one statement each (PostgreSQL; docs/decisions/0012).

The functions are in the migrations 0011 and 0013. What they write is what `leases.claim` with `runs` and
`transition` write, event for event; a test runs both and compares the rows. Each locks the job's row first,
and is idempotent for its lease.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.store.direct import Direct

# A claim does not wait for the disk: should a server that crashes forget it, the stage is still published.
_CLAIM = """
SELECT claimed.* FROM set_config('synchronous_commit', 'off', true), claim_stage_2(
  %(job_id)s, %(stage_id)s, %(lease_id)s, %(worker)s, %(lease_us)s, %(hard_us)s) AS claimed
"""
_FINISH = """
SELECT json_agg(json_build_array(e.stage_id, f.version, f.leaves_room, f.group_id)) AS ended
FROM jsonb_to_recordset(%(ends)s) AS e(
  job_id varchar, stage_id bigint, lease_id varchar, result jsonb, processing_time double precision,
  cpu_time double precision, queue_wait double precision, peak_memory_usage bigint, input_bytes bigint,
  output_bytes bigint, worker varchar, reused boolean),
LATERAL finish_only_stage_2(
  e.job_id, e.stage_id, e.lease_id, e.result, e.processing_time, e.cpu_time, e.queue_wait,
  e.peak_memory_usage, e.input_bytes, e.output_bytes, e.worker, e.reused) AS f
"""


class Ended(NamedTuple):
    """What came of a finish, for whoever announces it."""

    version: int
    leaves_room: bool
    group_id: str | None


def claim(direct: Direct, values: Mapping[str, Any]) -> Any:
    """The claimed stage's and its job's columns, and the job's new version; None as `leases.claim`.

    `values`: job_id, stage_id, lease_id, worker, lease_us, hard_us.
    """
    return direct.one(_CLAIM, values)


def finish(direct: Direct, ends: Sequence[Mapping[str, Any]]) -> dict[int, Ended]:
    """Commit the ends of stages of different jobs together: stage id → what came of its job.

    One that is left out has changed nothing: its lease is lost, it ended before, or more hangs on its end
    than this statement knows. An end: job_id, stage_id, lease_id, result, and what the run cost.
    """
    together = sorted(ends, key=lambda end: str(end["job_id"]))  # locks are taken in one order
    row = direct.one(_FINISH, {"ends": json.dumps(together)})
    return {stage_id: Ended(*values) for stage_id, *values in row.ended or ()}
