"""A laboratory stack with servers of its own, made to be broken: what a scenario is run on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from app.store.migrate import upgrade
from benchmarks.faults.load import Load
from benchmarks.faults.proxy import Proxy
from benchmarks.lab.repertoire import prepare
from benchmarks.lab.stack import KEY, LAB, ROOT, Stack, wait_for
from workers.local import processes
from workers.local.servers import start_postgres, start_redis, stop_postgres, stop_redis

DEFAULTS = {  # the product's own, in place of the short times of tests
    "LEASE_S": "15",
    "REPUBLISH_AFTER_S": "8",
    "BACKOFF_BASE_S": "5",
    "STATUS_REVALIDATE_S": "3",
    "DRAIN_S": "10",
}
_migrating = threading.Lock()  # Alembic serves one thread at a time
ENDED = "('succeeded', 'failed', 'cancelled')"


@dataclass
class Rig:
    """PostgreSQL, Redis, API and workers. `redis` and `postgres` are the proxies that stand before them."""

    folder: Path
    environ: dict[str, str]
    workers: int = 2
    stack: Stack = field(init=False)
    kills: list[tuple[int, int]] = field(default_factory=list)  # (pid, when in microseconds)
    _made: int = 0

    def __enter__(self) -> Rig:
        self.state = self.folder / "servers"
        self.storage = self.folder / "files"
        self.storage.mkdir(parents=True)
        self.on_small_disk = _mount(self.storage)
        try:
            # Redis forgets when it dies: the worst that a broker can do
            self.database = start_postgres(self.state)
            broker = start_redis(self.state, durable=False)
            with _migrating:
                upgrade(self.database)
            prepare(self.database)
            self.postgres = Proxy([_port(self.database)])
            self.redis = Proxy([_port(broker)])
            urls = {
                "DATABASE_URL": _through(self.database, self.postgres),
                "REDIS_URL": _through(broker, self.redis),
            }
            self.broker = broker
            self.stack = Stack(self.folder, urls | self.environ, LAB)
            self.load = Load(lambda: self.stack.url, KEY, self.folder / "acknowledged")
            self.load.notes.touch()
            self.stack.start_api()
            for _ in range(self.workers):
                self.start_worker(wait=False)
            self.ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "stack"):
            self.stack.stop()
        for proxy in ("postgres", "redis"):
            if hasattr(self, proxy):
                getattr(self, proxy).close()
        stop_redis(self.state)
        stop_postgres(self.state)
        if self.on_small_disk:
            subprocess.run(["umount", "--lazy", str(self.storage)], check=True)

    # ------------------------------------------------------------------------------------ processes
    def start_worker(self, *, wait: bool = True, profile: str = "general") -> str:
        self._made += 1
        name = f"w{self._made}"
        self.stack.start(name, *LAB.worker, "worker", "--profile", profile, "--name", name)
        if wait:
            self.ready()
        return name

    def ready(self) -> None:
        """All workers that were started have said so."""
        for name in self.worker_names():
            wait_for(partial(self.is_ready, name), 180, f"{name} ready\n{self.stack.log(name)}")

    def is_ready(self, name: str) -> bool:
        return b" ready." in (self.folder / f"{name}.log").read_bytes()

    def worker_names(self) -> list[str]:
        return [name for name in self.stack.running if name.startswith("w")]

    def pool_children(self, name: str) -> list[int]:
        pid = self.stack.running[name].pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self, pid: int) -> None:
        """SIGKILL, with a note of when."""
        self.kills.append((pid, now_us()))
        os.kill(pid, signal.SIGKILL)

    def kill_worker(self, name: str) -> None:
        at = now_us()
        self.kills += [(pid, at) for pid in self.pool_children(name)]
        self.stack.kill(name)

    # -------------------------------------------------------------------------------------- servers
    def crash(self, server: str, number: int = signal.SIGKILL) -> None:
        """End a server by a signal; SIGQUIT lets PostgreSQL write no checkpoint, so its log is replayed."""
        record = processes.running(self.state, server)
        assert record is not None
        os.kill(record.pid, number)
        wait_for(lambda: processes.running(self.state, server) is None, 30, f"{server} gone", every_s=0.02)

    def start_redis(self) -> None:
        start_redis(self.state, durable=False)

    def start_postgres(self) -> None:
        start_postgres(self.state)

    # -------------------------------------------------------------------------------- what came of it
    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        import psycopg2

        connection = psycopg2.connect(self.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall()
        finally:
            connection.close()

    def clear(self) -> None:
        """Forget all jobs, so that the next scenario's figures are its own."""
        for table in ("jobs", "lab_effects", "scheduled_runs"):
            self.query(f"DELETE FROM {table} RETURNING 1")
        self.load.notes.write_text("")
        self.load.refused.clear()

    def settle(self, timeout_s: float = 300.0) -> None:
        """Wait until every job has ended."""
        live = f"SELECT count(*) FROM jobs WHERE status NOT IN {ENDED}"
        until = time.monotonic() + timeout_s
        while (left := self.query(live)[0][0]) and time.monotonic() < until:
            time.sleep(0.5)
        if left:
            stuck = self.query(
                "SELECT j.id, j.kind, j.status, s.name, s.state FROM jobs j "
                f"JOIN stages s ON s.job_id = j.id WHERE j.status NOT IN {ENDED} LIMIT 5"
            )
            print(f"{left} jobs have not ended: {stuck}", file=sys.stderr)

    def check(self) -> dict[str, Any]:
        """What the checker, a program of its own, has to say."""
        command = [sys.executable, "-m", "benchmarks.faults.checker", "--database", self.database]
        command += ["--storage", str(self.storage), "--acknowledged", str(self.load.notes)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def recoveries(self) -> list[float]:
        """Seconds from each kill until the stage that it hit was claimed by another."""
        told = self.query(
            "SELECT job_id, type, data->>'stage', coalesce(data->>'chunk', '0'), data->>'worker', at "
            "FROM events WHERE type LIKE 'stage.%' ORDER BY job_id, version"
        )
        return recoveries(told, self.kills)

    def succeeded(self, ids: Sequence[str]) -> bool:
        found = self.query("SELECT count(*) FROM jobs WHERE status = 'succeeded' AND id = ANY(%s)", list(ids))
        return bool(found[0][0] == len(ids))

    def all_started(self, ids: Sequence[str]) -> bool:
        return len(self.first_claims(ids)) == len(ids)

    def first_claims(self, ids: Sequence[str]) -> dict[str, int]:
        """Job → when its first claim was, microseconds."""
        found = self.query("SELECT id, started_at FROM jobs WHERE id = ANY(%s)", list(ids))
        return {i: at for i, at in found if at is not None}


def recoveries(told: Sequence[tuple[Any, ...]], kills: Sequence[tuple[int, int]]) -> list[float]:
    """From the events of stages, in order, and (pid, when it was killed)."""
    held: dict[tuple[str, str, str], tuple[str, int]] = {}
    struck: dict[tuple[str, str, str], int] = {}
    found = []
    for job, type_, stage, chunk, worker, at in told:
        key = (job, stage, chunk)
        if type_ == "stage.started":
            if key in struck:
                found.append((at - struck.pop(key)) / 1e6)
            held[key] = (worker, at)
        elif type_ == "stage.lost" and key in held:
            by, since = held.pop(key)
            pid = int(by.rpartition("/")[2])
            deaths = [when for dead, when in kills if dead == pid and since - 1_000_000 <= when <= at]
            if deaths:
                struck[key] = deaths[0]
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def now_us() -> int:
    return time.time_ns() // 1000


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/")[0])


def _through(url: str, proxy: Proxy) -> str:
    return url.replace(f":{_port(url)}/", f":{proxy.port}/")


def _mount(folder: Path) -> bool:
    """A small disk of its own for the files, where this machine lets us; it can be filled for real."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
