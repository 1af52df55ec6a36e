"""Run a program and say what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock and of the processors, and the most memory that was held (MB)."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class Failed(Exception):
    """A program ended badly; the last line of what it said."""


def run(command: Sequence[str | Path], log: Path, *, cwd: Path, limit_s: float) -> Spent:
    """Run to the end; its output goes to `log`. The peak is of the largest process of its tree."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall_s = time.monotonic() - began
        if ended:
            break
        if wall_s > limit_s:
            process.kill()
            os.wait4(process.pid, 0)
            raise Failed(f"stopped after {limit_s:.0f} s")
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Failed(said[-1][:200] if said else f"exit {process.returncode}")
    unit = 1_000_000 if sys.platform == "darwin" else 1000  # ru_maxrss is in bytes there, in KB here
    return Spent(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)
