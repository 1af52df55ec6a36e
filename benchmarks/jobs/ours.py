"""Lectern's own job heart under measurement: real PostgreSQL, Redis and Celery worker processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from app.composition import build_platform
from app.jobs.status import channel
from app.jobs.submit import NewJob, submit, submit_many
from app.settings import load
from benchmarks.environment import ROOT
from benchmarks.lab.repertoire import LAB
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

BATCH = 1000


@dataclass(frozen=True)
class Servers:
    database_url: str
    redis_url: str
    folder: Path


@contextmanager
def process(command: list[str], environ: dict[str, str], log: Path, cwd: Path = ROOT) -> Iterator[int]:
    """A process group of the benchmark's own; told to stop at the end, and killed if it does not."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environ, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(5)


class Ours:
    def __init__(self, servers: Servers, settings: dict[str, str]) -> None:
        self.servers = servers
        self.environ = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "LECTERN_STATE": str(servers.folder / "state"),
            "STORAGE_PATH": str(servers.folder / "files"),
            "LOG_LEVEL": "WARNING",
        } | settings
        chosen = load(os.environ | self.environ)
        self.platform = build_platform(chosen, CeleryQueue(make_celery(chosen, LAB.catalogue)), LAB)
        self._db = psycopg2.connect(servers.database_url)
        self._db.autocommit = True

    def ask(self, sql: str, *values: Any) -> tuple[Any, ...]:
        with self._db.cursor() as cursor:
            cursor.execute(sql, values)
            row = cursor.fetchone()
            assert row is not None
            return row

    @contextmanager
    def working(self, processes: int) -> Iterator[None]:
        """One worker with so many pool processes, ready."""
        log = self.servers.folder / "worker.log"
        command = [sys.executable, "-m", "benchmarks.lab.worker", "worker", f"--concurrency={processes}"]
        with process(command, self.environ, log):
            yield

    def rate(self, jobs: int, processes: int, limit_s: float) -> float:
        """Jobs a second, from the first claim to the last finish, of jobs submitted beforehand."""
        before = self.ask("SELECT count(*) FROM jobs WHERE status = 'succeeded'")[0]
        began = self.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0]
        for first in range(0, jobs, BATCH):
            submit_many(self.platform, [NewJob("local", "noop")] * min(BATCH, jobs - first))
        until = time.monotonic() + limit_s
        with self.working(processes):
            while time.monotonic() < until:
                if self.ask("SELECT count(*) FROM jobs WHERE status = 'succeeded'")[0] - before >= jobs:
                    break
                time.sleep(0.2)
        done, first, last = self.ask(
            "SELECT count(*), min(started_at), max(ended_at) FROM jobs"
            " WHERE status = 'succeeded' AND created_at >= %s",
            began,
        )
        if done < jobs:
            raise SystemExit(f"only {done} of {jobs} jobs were done in {limit_s:.0f} s")
        return float(done / max(1e-6, (last - first) / 1e6))

    def latencies(self, count: int, processes: int) -> list[float]:
        """Seconds from the call of submit until a follower is told of the end, one job at a time."""
        with self.working(processes):
            return asyncio.run(self._latencies(count))

    async def _latencies(self, count: int) -> list[float]:
        from redis.asyncio import Redis

        client = Redis.from_url(self.servers.redis_url)
        ear = client.pubsub(ignore_subscribe_messages=True)
        await ear.psubscribe(channel("") + "*")
        taken = []
        for number in range(count + 5):
            began = time.perf_counter()
            job_id = (await asyncio.to_thread(submit, self.platform, NewJob("local", "noop"))).job_id
            while True:
                message = await ear.get_message(timeout=60)
                if message is None:
                    raise SystemExit(f"{job_id} did not end within a minute")
                # a no-op job's events are queued, started, succeeded, and the job's own end: version 4
                if message["channel"].decode() == channel(job_id) and int(message["data"]) >= 4:
                    break
            if number >= 5:  # the first ones open connections
                taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.015)
        await ear.aclose()  # type: ignore[no-untyped-call]
        await client.aclose()
        return taken
