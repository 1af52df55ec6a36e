"""Status reads and submissions a second, beside a typical design and other servers.

    python -m benchmarks.api [--seconds 4] [--servers] [--jobs 2000] [--streams 500] [--polls 200]

Starts PostgreSQL, Redis and two API processes; load comes from `wrk` on the same machine. Reads ask for
jobs of a hundred owners, half ended, a quarter running with progress, a quarter waiting; each request carries
a key and is counted against a tier of 60,000 a minute. The typical design knows neither keys nor limits.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from app.jobs import status
from benchmarks.api import cost, designs, held, load, ours, world
from benchmarks.api.designs import Design
from benchmarks.environment import NotInstallable
from workers.local import processes

_OWNERS = 100
_FILES = 8192  # open at once: a thousand connections and what is held


@dataclass(frozen=True)
class Row:
    design: str
    what: str
    rps: float
    p95_ms: float
    errors: int
    processor_us: float  # of all processes for one request, load generator included


class Bench:
    def __init__(self, folder: Path, environ: dict[str, str], options: argparse.Namespace) -> None:
        self._folder = folder
        self._environ = environ
        self._options = options
        self.rows: list[Row] = []
        platform = ours.platform()
        owners = world.make_keys(platform.db, _OWNERS)
        self.jobs = world.make_jobs(platform, owners, options.jobs)
        owner_of = {key: owner_id for owner_id, key in owners}
        for job_id, key in self.jobs:
            status.answer(platform, owner_of[key], job_id)  # as after a first look at each
        self.reads = load.reads(folder, self.jobs)
        self.submissions = load.submissions(folder, [key for _, key in owners])

    def measure(self, design: Design, peers: str | None) -> None:
        """The rows of one design."""
        many, few = self._options.connections, min(64, self._options.connections)
        port = world.free_port()
        environ = self._environ | ({"PYTHONPATH": peers} if peers else {})
        with world.serving(design.arguments(port), port, self._folder, environ, design.path) as server:
            reads = self._typical_reads(port) if design is designs.TYPICAL else self.reads
            load.run(reads, port, 64, self._options.seconds)
            self._rows(design, f"GET, {many:,} connections", reads, port, server.pid, many)
            self._rows(design, f"POST, {few} connections", self.submissions, port, server.pid, few)
            self._rows(design, f"POST, {many:,} connections", self.submissions, port, server.pid, many)
            if design is designs.OURS:
                self._beside(design, port, server.pid)

    def _beside(self, design: Design, port: int, pid: int) -> None:
        streams, polls = self._options.streams, self._options.polls
        many, few = self._options.connections, min(64, self._options.connections)
        live = [job for number, job in enumerate(self.jobs) if number % 4 == 3]
        with held.held(port, live, streams, polls) as begun:
            beside = f"beside {begun} streams, {polls} polls"
            self._rows(design, f"GET, {many:,} connections, {beside}", self.reads, port, pid, many)
            self._rows(design, f"POST, {few} connections, {beside}", self.submissions, port, pid, few)

    def _typical_reads(self, port: int) -> load.Load:
        made = []
        for number in range(self._options.jobs // 4):
            answer = requests.post(f"http://127.0.0.1:{port}/api/jobs", json=load.BODY, timeout=30)
            made.append((str(answer.json()["id"]), self.jobs[number][1]))
        return load.reads(self._folder, made)

    def _rows(self, design: Design, what: str, asked: load.Load, port: int, pid: int, many: int) -> None:
        taken = [self._once(asked, port, pid, many) for _ in range(self._options.runs)]
        result, used = sorted(taken, key=lambda t: t[0].rps)[len(taken) // 2]
        errors = sum(r.errors for r, _ in taken)
        row = Row(design.name, what, round(result.rps), result.p95_ms, errors, round(used, 1))
        self.rows.append(row)
        print(_line(row), flush=True)

    def _once(self, asked: load.Load, port: int, pid: int, many: int) -> tuple[load.Result, float]:
        servers = [r.pid for n in ("postgres", "redis") if (r := processes.running(self._folder, n))]
        before = cost.spent_s(pid, *servers) + cost.children_s()
        result = load.run(asked, port, many, self._options.seconds)
        used = cost.spent_s(pid, *servers) + cost.children_s() - before
        return result, used / max(1.0, result.rps * self._options.seconds) * 1e6


def _line(row: Row) -> str:
    told = f"{row.design:26} {row.what:58} {row.rps:8.0f}/s   p95 {row.p95_ms:8.1f} ms"
    return f"{told}   {row.processor_us:7.1f} µs   {row.errors} errors"


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """What goes into the last line: all rows, and how many times the typical design's figures ours are."""
    typical = {row.what: row for row in rows if row.design == designs.TYPICAL.name}
    mine = {row.what: row for row in rows if row.design == designs.OURS.name}
    both = [what for what in mine if what in typical and typical[what].rps and mine[what].processor_us]
    return {
        "benchmark": "api",
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "rows": [asdict(row) for row in rows],
        "times_typical": {what: round(mine[what].rps / typical[what].rps, 1) for what in both},
        "times_cheaper": {
            what: round(typical[what].processor_us / mine[what].processor_us, 1) for what in both
        },
        "errors": sum(row.errors for row in mine.values()),
        "median_rps": statistics.median(row.rps for row in mine.values()) if mine else None,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench api", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--runs", type=int, default=3, help="the median is told")
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=1000, help="of the rows that want many")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--alone", action="store_true", help="without the typical design")
    parser.add_argument("--servers", action="store_true", help="also Lectern under granian and gunicorn")
    options = parser.parse_args(arguments)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(_FILES, hard)), hard))
    wanted = [designs.OURS, *(() if options.alone else (designs.TYPICAL,))]
    wanted += designs.OTHERS if options.servers else ()
    try:
        load.wrk()
        peers = designs.peers_path() if any(d.needs_peers for d in wanted) else None
    except NotInstallable as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-api-") as name:
        folder = Path(name)
        with world.servers(folder) as environ:
            os.environ.update(environ)
            bench = Bench(folder, environ, options)
            for design in wanted:
                bench.measure(design, peers if design.needs_peers else None)
    print(json.dumps(summary(bench.rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
