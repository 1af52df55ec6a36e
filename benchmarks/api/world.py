"""PostgreSQL, Redis and API processes of the benchmark's own, with owners, keys and jobs in them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from app.accounts import people
from app.jobs import runs, status
from app.jobs.model import Done
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit_many
from app.store import jobs as rows
from app.store import publication
from app.store.database import Database
from app.store.migrate import upgrade
from benchmarks.api import ours
from benchmarks.environment import ROOT
from workers.local.servers import start_postgres, start_redis, stop_postgres, stop_redis


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """The environment that names them; both write to the disk as in earnest."""
    try:
        database, cache = start_postgres(folder), start_redis(folder)
        upgrade(database)
        yield {
            "DATABASE_URL": database,
            "REDIS_URL": cache,
            "USE_CELERY": "true",
            "API_AUTH": "keys",
            "LECTERN_STATE": str(folder),
            "STORAGE_PATH": str(folder / "files"),
            "LEASE_S": "600",  # no workers here: what is marked as running stays so
            "LOG_LEVEL": "WARNING",
        }
    finally:
        stop_redis(folder)
        stop_postgres(folder)


def make_keys(db: Database, count: int) -> list[tuple[str, str]]:
    """(owner id, key) of as many owners."""
    made = []
    for number in range(count):
        owner_id = people.add_user(db, f"bench {number}", ours.TIER)
        key = people.add_key(db, owner_id, label="", scopes=["read", "write"], days=None)
        made.append((owner_id, key.secret))
    return made


def make_jobs(platform: Platform, owners: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """(job id, key) of jobs of which half have ended, a quarter run with progress, and a quarter wait."""
    key_of = dict(owners)
    commands = [NewJob(owners[n % len(owners)][0], "noop", title="A thumbnail") for n in range(count)]
    jobs = [done.job_id for done in submit_many(platform, commands)]
    for number, job_id in enumerate(jobs):
        if number % 4 != 3:
            _begin(platform, job_id, end=number % 4 != 2)
    return [(job_id, key_of[c.owner_id]) for job_id, c in zip(jobs, commands, strict=True)]


def _begin(platform: Platform, job_id: str, *, end: bool) -> None:
    with platform.db.write() as conn:
        (stage,) = (row.id for row in rows.stages_of(conn, job_id))
        publication.mark_published(conn, [stage])
    claim = runs.claim(platform, job_id, stage, uuid.uuid4().hex, "bench")
    assert claim is not None
    if end:
        assert runs.finish(platform, claim, Done({}))
    else:
        status.report_progress(platform, job_id, stage, claim.lease_id, 0.42, "half way")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str], port: int, folder: Path, environ: dict[str, str], path: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that answers below 500 at `path` from here on."""
    env = {**os.environ, **environ}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _await(process, f"http://127.0.0.1:{port}{path}", folder)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            if requests.get(url, timeout=2).status_code < 500:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError("the server did not start: " + (folder / "server.log").read_text()[-2000:])
