"""Claim and finish of the simple case, one statement each (PostgreSQL; docs/decisions/0012).

The functions are in the migrations 0008 and 0011. What they write is what `leases.claim` with `runs` and
`transition` write, event for event; a test runs both and compares the rows. Each locks the job's row first,
and is idempotent for its lease.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.store.direct import Direct

# A claim does not wait for the disk: should a server that crashes forget it, the stage is still published.
_CLAIM = """
SELECT claimed.* FROM set_config('synchronous_commit', 'off', true), claim_stage_1(
  %(job_id)s, %(stage_id)s, %(lease_id)s, %(worker)s, %(lease_us)s, %(hard_us)s) AS claimed
"""
_FINISH = """
SELECT * FROM finish_only_stage_2(
  %(job_id)s, %(stage_id)s, %(lease_id)s, %(result)s, %(processing_time)s, %(cpu_time)s, %(queue_wait)s,
  %(peak_memory_usage)s, %(input_bytes)s, %(output_bytes)s, %(worker)s, %(reused)s)
"""


def claim(direct: Direct, values: Mapping[str, Any]) -> Any:
    """The claimed stage's and its job's columns, and the job's new version; None as `leases.claim`.

    `values`: job_id, stage_id, lease_id, worker, lease_us, hard_us.
    """
    return direct.one(_CLAIM, values)


def finish(direct: Direct, result: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """(version, leaves_room, group_id) of the job that ended with this stage.

    None: nothing was done, because the lease is lost, the stage ended before, or more hangs on its end
    than this statement knows. `values`: the ids, and what the run cost.
    """
    return direct.one(_FINISH, {**values, "result": json.dumps(result)})
