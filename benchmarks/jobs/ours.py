"""Lectern's own job heart under measurement: real PostgreSQL, Redis and Celery worker processes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2

from app.composition import build_platform
from app.jobs.status import channel
from app.jobs.submit import NewJob, submit, submit_many
from app.settings import load
from benchmarks.jobs.measure import Run, Servers, await_jobs, process
from benchmarks.lab.repertoire import LAB
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

BATCH = 1000

# What 0004 decides, and the other way: Celery settings that differ from the product's.
DELIVERIES: dict[str, dict[str, Any]] = {
    "Lectern": {},
    "early acknowledgement": {"task_acks_late": False},
    "prefetch 4": {"worker_prefetch_multiplier": 4},
    "noted in Redis": {"broker_transport_options": {"ack_emulation": True}},
    "events, unheard": {"worker_send_task_events": True},
}


class Ours:
    def __init__(
        self, servers: Servers, settings: dict[str, str], celery: Mapping[str, Any] | None = None
    ) -> None:
        self.servers = servers
        self.environ = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "LECTERN_STATE": str(servers.folder / "state"),
            "STORAGE_PATH": str(servers.folder / "files"),
            "LOG_LEVEL": "WARNING",
            "LAB_CELERY": json.dumps(celery or {}),
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
    def working(self, processes: int) -> Iterator[int]:
        """One worker with so many pool processes."""
        log = self.servers.folder / "worker.log"
        command = [sys.executable, "-m", "benchmarks.lab.worker", "worker", f"--concurrency={processes}"]
        with process(command, self.environ, log) as pid:
            yield pid

    def rate(self, jobs: int, processes: int, limit_s: float) -> Run:
        """From the first claim to the last finish, of jobs submitted beforehand."""
        (began,) = self.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        for first in range(0, jobs, BATCH):
            submit_many(self.platform, [NewJob("local", "noop")] * min(BATCH, jobs - first))
        of_run = "FROM jobs WHERE status = 'succeeded' AND created_at >= %s"
        with self.working(processes) as pid:
            pids = [pid, *self.servers.pids]
            cpu_ms = await_jobs(lambda: self.ask(f"SELECT count(*) {of_run}", began)[0], jobs, pids, limit_s)
        first_us, last_us = self.ask(f"SELECT min(started_at), max(ended_at) {of_run}", began)
        return Run(jobs / ((last_us - first_us) / 1e6), cpu_ms)

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
            # a no-op job's events are queued, started, succeeded, and the job's own end: version 4
            ended, version = channel(job_id).encode(), 0
            while version < 4:
                message = await ear.get_message(timeout=1)  # None also for the answer to the subscription
                if message is not None and message["channel"] == ended:
                    version = int(message["data"])
                elif time.perf_counter() - began > 60:
                    raise SystemExit(f"{job_id} did not end within a minute")
            if number >= 5:  # the first ones open connections
                taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.015)
        await ear.aclose()  # type: ignore[no-untyped-call]
        await client.aclose()
        return taken
