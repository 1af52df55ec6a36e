"""Run a program and say what it took."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_APART_S = 0.1


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock and of the processors, and the most memory that was held (MB)."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class Failed(Exception):
    """A program ended badly; the last line of what it said."""


def run(command: Sequence[str | Path], log: Path, *, cwd: Path, limit_s: float) -> Spent:
    """Run to the end; its output goes to `log`. The peak is of all processes of its tree together.

    It is read from the running processes, as the rusage of a child starts with what its parent held (Linux).
    What several share is counted once; to tell takes the kernel a millisecond, so that is asked seldom.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    peak_kb, due_s = 0, 0.0
    while True:
        pids = _tree(process.pid)
        peak_kb = max(peak_kb, _largest_kb(pids))
        if len(pids) > 1 and time.monotonic() >= due_s:
            peak_kb = max(peak_kb, _together_kb(pids))
            due_s = time.monotonic() + _APART_S
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall_s = time.monotonic() - began
        if ended:
            break
        if wall_s > limit_s:
            process.kill()
            process.wait()
            raise Failed(f"stopped after {limit_s:.0f} s")
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Failed(said[-1][:200] if said else f"exit {process.returncode}")
    peak_mb = peak_kb / 1000 if peak_kb else usage.ru_maxrss / 1_000_000  # bytes where there is no /proc
    return Spent(wall_s, usage.ru_utime + usage.ru_stime, peak_mb)


def _largest_kb(pids: list[int]) -> int:
    """The most that one of these processes ever held."""
    return max((_figure(pid, "status", "VmHWM") for pid in pids), default=0)


def _together_kb(pids: list[int]) -> int:
    """What they hold now, each page counted once."""
    return sum(_figure(pid, "smaps_rollup", "Pss") for pid in pids)


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in _tree(int(child)))]


def _figure(pid: int, file: str, name: str) -> int:
    """0 where it cannot be read."""
    try:
        found = re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
