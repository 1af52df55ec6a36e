"""Beats: too many, and none."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.faults.rig import Rig, now_us
from benchmarks.faults.scenarios import Size
from benchmarks.lab.stack import wait_for


def beats(rig: Rig, size: Size) -> dict[str, Any]:
    """Two beats at once; then none for long; then both again."""
    made = "SELECT count(*) FROM jobs WHERE kind = 'tick'"
    for name in ("beat-a", "beat-b"):
        _beat(rig, name)
    wait_for(lambda: rig.query(made)[0][0] >= size.of(3, 8, 15), 180, "beat's jobs")
    for name in ("beat-a", "beat-b"):
        rig.stack.kill(name)
    time.sleep(3)  # what they sent last is worked off
    rig.settle()
    before = rig.query(made)[0][0]
    dead_s = size.of(5, 30, 300)
    time.sleep(dead_s)
    assert rig.query(made)[0][0] == before, "nobody makes scheduled jobs without beat"
    at = now_us()
    for name in ("beat-a", "beat-b"):
        _beat(rig, name)
    wait_for(lambda: rig.query(made)[0][0] > before, 120, "beat's jobs, again")
    first_s = (now_us() - at) / 1e6
    slots = [
        slot
        for (slot,) in rig.query("SELECT slot FROM scheduled_runs WHERE name = 'tick' ORDER BY slot DESC")
    ]
    wait_for(lambda: rig.query(made)[0][0] >= before + 3, 120, "several more slots")
    for name in ("beat-a", "beat-b"):
        rig.stack.kill(name)
    rig.settle()
    jobs, used = rig.query(
        "SELECT (SELECT count(*) FROM jobs WHERE kind = 'tick'), (SELECT count(*) FROM scheduled_runs)"
    )[0]
    assert jobs == used, "one job a slot"
    return {
        "jobs": jobs,
        "slots": used,
        "dead_s": dead_s,
        "missed_made_up": max(0, len(slots) - before - 2),
        "first_s": round(first_s, 1),
    }


def _beat(rig: Rig, name: str) -> None:
    rig.stack.environ["INSTANCE_ID"] = name
    rig.stack.start(name, *rig.stack.roots.worker, "beat")
