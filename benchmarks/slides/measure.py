"""Run a program and say what it took."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_APART_S = 0.1

# A small program stands between us and the measured one: to Linux a program's peak starts at its parent's.
_BETWEEN = """
import json, os, sys, time
tell = int(sys.argv[1])
os.set_inheritable(tell, False)
began = time.monotonic()
_, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:]), 0)
told = {"wall_s": time.monotonic() - began, "cpu_s": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}
os.write(tell, json.dumps(told).encode())
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""
_UNIT_MB = 1e-6 if sys.platform == "darwin" else 1e-3  # of ru_maxrss


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

    What one of them held the kernel remembers; what several held at once is looked up while they run, with
    what they share counted once. To tell that takes the kernel a millisecond, so it is asked seldom.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    told, tell = os.pipe()
    between = [sys.executable, "-I", "-S", "-c", _BETWEEN, str(tell), *command]
    began = time.monotonic()
    with log.open("wb") as out, os.fdopen(told, "rb") as answer:
        process = subprocess.Popen(
            between, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=[tell]
        )
        os.close(tell)
        together_kb = 0
        while process.poll() is None:
            pids = _tree(process.pid)[1:]
            if len(pids) > 1:
                together_kb = max(together_kb, _together_kb(pids))
            if time.monotonic() - began > limit_s:
                for pid in [*pids, process.pid]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
                raise Failed(f"stopped after {limit_s:.0f} s")
            time.sleep(_APART_S if together_kb else 0.02)
        spent = answer.read()
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Failed(said[-1][:200] if said else f"exit {process.returncode}")
    took = json.loads(spent)
    return Spent(took["wall_s"], took["cpu_s"], max(took["peak"] * _UNIT_MB, together_kb / 1000))


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
