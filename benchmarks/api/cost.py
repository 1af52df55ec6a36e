"""Processor seconds of processes: on a shared machine they say more than the clock does."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def spent_s(*pids: int) -> float:
    """Processor seconds that these processes and all below them have used so far."""
    return sum(_own(pid) for root in pids for pid in _family(root))


def _family(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [p for child in children.read_text().split() for p in _family(int(child))]
        except OSError:
            continue  # it ended while we looked
    return found


def _own(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def children_s() -> float:
    """Processor seconds of our own children that have ended (the load generator)."""
    used = os.times()
    return used.children_user + used.children_system
