"""What all systems share: processes started and stopped, jobs awaited, processor time counted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import ROOT

LOOK_S = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Servers:
    """URLs, a folder to write in, and the process ids of the servers."""

    database_url: str
    redis_url: str
    folder: Path
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """`jobs_s`: jobs a second; `cpu_ms`: processor time of workers and servers for each job."""

    jobs_s: float
    cpu_ms: float


@contextmanager
def process(command: list[str], environ: dict[str, str], log: Path, cwd: Path = ROOT) -> Iterator[int]:
    """The id of a process group of the benchmark's own, which is told to stop at the end, then killed."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environ, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(5)


def cpu_s(roots: Sequence[int]) -> float:
    """Processor seconds of these processes and all that they started, the ended ones included."""
    stats: dict[int, tuple[int, float]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has ended
            stats[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    total, todo = 0.0, list(roots)
    while todo:
        pid = todo.pop()
        total += stats.get(pid, (0, 0.0))[1]
        todo += [child for child, (parent, _) in stats.items() if parent == pid]
    return total


class TooSlow(Exception):
    """What was done when time was up, in one line."""


def await_jobs(done: Callable[[], int], wanted: int, pids: Sequence[int], limit_s: float) -> float:
    """Wait for the jobs; returns processor milliseconds for each, counted from the first that was seen done.

    Raises TooSlow when they take longer than `limit_s`.
    """
    until = time.monotonic() + limit_s
    begun: tuple[int, float] | None = None
    while True:
        count = done()
        if begun is None and count:  # the workers' own start is not the jobs'
            begun = count, cpu_s(pids)
        if begun and count >= wanted:
            return 1000 * (cpu_s(pids) - begun[1]) / max(1, count - begun[0])
        if time.monotonic() > until:
            raise TooSlow(f"only {count} of {wanted} jobs were done in {limit_s:.0f} s")
        time.sleep(LOOK_S)
