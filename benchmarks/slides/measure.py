"""Run a program and say what it took."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MARKS = ("VmRSS", "VmHWM")


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
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    peak_kb = 0
    while True:
        peak_kb = max(peak_kb, *_held_kb(process.pid))
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


def _held_kb(pid: int) -> tuple[int, int]:
    """What a tree of processes holds now, pages that they share counted in each; and the most that one of
    them ever held. Zeros where none can be read."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0, 0
    now, most = (int(found[1]) if (found := re.search(rf"{name}:\s+(\d+)", status)) else 0 for name in _MARKS)
    below = [_held_kb(int(child)) for child in children]
    return now + sum(held for held, _ in below), max([most, *(largest for _, largest in below)])
