"""Ten thousand jobs in one request: seconds from the request to its answer, all rows committed.

    ./deploy_scalable.sh bench batch [--jobs 10000] [--rounds 3]

Beside it the typical design (`benchmarks/batch_typical.py`: Flask, ORM objects, a Celery message each) over
the same PostgreSQL and Redis, in turns. Real servers, one API process each, fsync on. The last line is the
result as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from app.store.migrate import upgrade
from benchmarks.api.designs import peers_path
from benchmarks.environment import ROOT
from benchmarks.lab.stack import LAB, Stack, free_port, wait_for
from workers.local.servers import start_postgres, start_redis, stop_postgres, stop_redis


@contextmanager
def servers() -> Iterator[tuple[Path, str, str]]:
    """(folder, PostgreSQL, Redis), of this run's own."""
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as name:
        folder = Path(name)
        try:
            yield folder, start_postgres(folder), start_redis(folder)
        finally:
            stop_redis(folder)
            stop_postgres(folder)


@contextmanager
def ours(folder: Path, database: str, redis: str) -> Iterator[Stack]:
    upgrade(database)
    stack = Stack(folder, {"DATABASE_URL": database, "REDIS_URL": redis}, LAB)
    try:
        stack.start_api()
        yield stack
    finally:
        stack.stop()


@contextmanager
def typical(folder: Path, database: str, redis: str) -> Iterator[str]:
    """Its address."""
    port = free_port()
    driver = database.replace("postgresql://", "postgresql+psycopg2://", 1)
    environ = {**os.environ, "BATCH_DATABASE": driver, "BATCH_BROKER": redis, "PYTHONPATH": peers_path()}
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--timeout", "300"]
    with (folder / "typical.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "benchmarks.batch_typical:app"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        try:
            wait_for(lambda: answers(port), 60, "the typical server")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=2).ok
    except requests.RequestException:
        return False


def send(session: requests.Session, url: str, body: bytes, jobs: int) -> tuple[float, dict[str, Any]]:
    """(seconds, answer)."""
    began = time.perf_counter()
    answer = session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=300)
    took = time.perf_counter() - began
    if answer.status_code != 202 or len(answer.json()["jobs"]) != jobs:
        raise SystemExit(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    return took, answer.json()


def measure(jobs: int, rounds: int) -> dict[str, Any]:
    items = [{"kind": "noop", "title": f"Lecture {n}"} for n in range(jobs)]
    body = json.dumps({"items": items}).encode()
    seconds: dict[str, list[float]] = {"ours": [], "typical": [], "typical_rows": []}
    with servers() as at, ours(*at) as stack, typical(*at) as other:
        for number in range(rounds + 1):  # the first one warms both up
            took, _ = send(stack.http, f"{stack.url}/api/jobs/batch", body, jobs)
            theirs, told = send(requests.Session(), f"{other}/batch", body, jobs)
            print(f"{number or 'warm-up'}: ours {took:.3f} s, typical {theirs:.3f} s", flush=True)
            if number:
                measured = {"ours": took, "typical": theirs, "typical_rows": told["rows_s"]}
                for name, value in measured.items():
                    seconds[name].append(value)
        kept = stack.query("SELECT count(*) FROM jobs j JOIN stages s ON s.job_id = j.id")[0][0]
    if kept != jobs * (rounds + 1):
        raise SystemExit(f"{kept} of {jobs * (rounds + 1)} jobs were kept.")
    middle = {f"{name}_s": round(statistics.median(found), 3) for name, found in seconds.items()}
    return {"jobs": jobs, "rounds": rounds, **middle, "best_s": round(min(seconds["ours"]), 3)}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench batch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = measure(options.jobs, options.rounds)
    print(json.dumps({**found, "ratio": round(found["typical_s"] / found["ours_s"], 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
