"""The peers: which they are, how each is started, and how they are driven with the same no-op job."""

from __future__ import annotations

import json
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import virtual_env
from benchmarks.jobs.measure import Run, Servers, await_jobs, process

FOLDER = Path(__file__).parent / "peers"
_TALLY = struct.Struct("qdd")  # as tally.py keeps it


@dataclass(frozen=True)
class Peer:
    """`{n}` in the command is the number of processes; `share` of the jobs is run."""

    name: str
    module: str
    requirements: tuple[str, ...]
    command: str
    copies: bool = False  # as many workers as processes, of one process each
    records: bool = False  # starts and ends are committed to a database
    share: float = 1.0
    prepare: str = ""


PEERS = (
    Peer(
        "Celery, no record",
        "peer_celery",
        ("celery[redis]==5.7.0",),
        "celery -A peer_celery worker -c {n} -l WARNING --without-gossip --without-mingle",
    ),
    Peer(
        "Celery + ORM record",
        "peer_celery_orm",
        ("celery[redis]==5.7.0", "sqlalchemy==2.1.0", "psycopg2-binary"),
        "celery -A peer_celery_orm worker -c {n} -l WARNING --without-gossip --without-mingle",
        records=True,
    ),
    Peer(
        "Procrastinate",
        "peer_procrastinate",
        ("procrastinate", "psycopg[binary]", "psycopg-pool"),
        "procrastinate --app=peer_procrastinate.app worker --concurrency=1",
        copies=True,
        records=True,
        prepare="procrastinate --app=peer_procrastinate.app schema --apply",
    ),
    Peer(
        "RQ, a fork a job",
        "peer_rq",
        ("rq",),
        "rq worker-pool bench -n {n} --url {redis} --logging-level WARNING",
        share=0.1,
    ),
    Peer(
        "RQ, no fork",
        "peer_rq",
        ("rq",),
        "rq worker-pool bench -n {n} --url {redis} --logging-level WARNING -w rq.SimpleWorker",
    ),
    Peer(
        "Dramatiq",
        "peer_dramatiq",
        ("dramatiq[redis]",),
        "dramatiq peer_dramatiq --processes {n} --threads 8",
    ),
    Peer("Huey", "peer_huey", ("huey", "redis"), "huey_consumer peer_huey.huey -k process -w {n} -q"),
)


class Driven:
    """One peer in its environment. Raises NotInstallable when it cannot be had."""

    def __init__(self, peer: Peer, servers: Servers) -> None:
        self.peer = peer
        name = "jobs-" + peer.module.removeprefix("peer_")
        self.python = virtual_env(name, list(peer.requirements))
        self.servers = servers
        self.tally = servers.folder / f"{peer.module}.tally"
        self.environ = {
            "BENCH_TALLY": str(self.tally),
            "BENCH_REDIS": servers.redis_url,
            "BENCH_DATABASE": servers.database_url,
            "PYTHONPATH": str(FOLDER),
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
        }
        if peer.prepare:
            self._run(peer.prepare.split())

    def rate(self, jobs: int, processes: int, limit_s: float) -> Run:
        """From the first run to the last, of jobs sent beforehand."""
        wanted = max(50, int(jobs * self.peer.share))
        self.tally.write_bytes(_TALLY.pack(0, 0.0, 0.0))
        self._drive("fill", wanted)
        with self._working(processes) as pids:
            cpu_ms = await_jobs(lambda: self._tallied()[0], wanted, [*pids, *self.servers.pids], limit_s)
        count, first, last = self._tallied()
        return Run((count - 1) / (last - first), cpu_ms)

    def latencies(self, count: int, processes: int) -> list[float]:
        with self._working(processes):
            time.sleep(3)
            return list(self._drive("latency", count)["latencies"])

    @contextmanager
    def _working(self, processes: int) -> Iterator[list[int]]:
        log = self.servers.folder / f"{self.peer.module}.log"
        filled = self.peer.command.format(n=processes, redis=self.servers.redis_url).split()
        command = [str(self.python.parent / filled[0]), *filled[1:]]
        with ExitStack() as running:
            yield [
                running.enter_context(process(command, self.environ, log, FOLDER))
                for _ in range(processes if self.peer.copies else 1)
            ]

    def _drive(self, what: str, count: int) -> dict[str, list[float]]:
        said = self._run(["python", "drive.py", self.peer.module, what, str(count)])
        found: dict[str, list[float]] = json.loads(said.splitlines()[-1])
        return found

    def _run(self, command: list[str]) -> str:
        path = [str(self.python.parent / command[0]), *command[1:]]
        done = subprocess.run(
            path, cwd=FOLDER, env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr[-500:]}")
        return done.stdout

    def _tallied(self) -> tuple[int, float, float]:
        count, first, last = _TALLY.unpack(self.tally.read_bytes())
        return count, first, last
