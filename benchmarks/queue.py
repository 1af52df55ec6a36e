"""Is the line fair, and does it tell the truth about when a job starts?

    ./deploy_scalable.sh bench queue [--seconds 60] [--flood 10000] [--seed 1]

Real PostgreSQL, Redis and a worker with two slots; jobs of 250 ms. Ten tenants submit at random times
(Poisson), together six tenths of what the worker can do; then the same again while another has just
submitted the flood in one request. Told are the 95th percentile of the tenants' waits, alone and beside the
flood, and by how much the estimated start of queued jobs, looked up once a second, missed the real one:
|estimated wait - real wait| / real wait, of jobs that had 2 s or more to wait. The last line is one line of
JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import insert, select

from app.composition import build_platform
from app.jobs import placing
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit_many
from app.settings import load
from app.store.database import SECOND
from app.store.migrate import upgrade
from app.store.models import Owner, StageRow
from benchmarks.faults.rig import DEFAULTS
from benchmarks.lab.repertoire import LAB, prepare
from benchmarks.lab.stack import LAB as ROOTS
from benchmarks.lab.stack import Stack, wait_for
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue
from workers.local.servers import start_postgres, start_redis, stop_postgres, stop_redis

KIND, TENANTS, FLOOD = "rest", tuple(f"tenant-{n}" for n in range(10)), "flood"
LOAD = 0.6  # of what the worker can do
_WORTH_S = 2.0  # shorter waits are over before anybody could read the estimate
_LONGER_S = 60.0  # than asked for, at most, until somebody was told a start and started


@contextmanager
def rig(folder: Path) -> Iterator[Platform]:
    """Servers, a worker, and a platform to submit with."""
    urls = {
        "DATABASE_URL": start_postgres(folder / "pg", durable=False),
        "REDIS_URL": start_redis(folder / "redis", durable=False),
    }
    upgrade(urls["DATABASE_URL"])
    prepare(urls["DATABASE_URL"])
    stack = Stack(folder, {**urls, **DEFAULTS}, ROOTS)
    settings = load({**urls, "STORAGE_PATH": str(folder / "files"), "LECTERN_STATE": str(folder)})
    platform = build_platform(settings, CeleryQueue(make_celery(settings, LAB.catalogue)), LAB)
    try:
        with platform.db.write() as conn:
            for owner in (*TENANTS, FLOOD):
                conn.execute(insert(Owner).values(id=owner, name=owner, tier="unlimited", created_at=0))
        stack.start_worker("worker", "maintenance", "--concurrency", "2")  # serves `default`, too
        yield platform
    finally:
        stack.stop()
        platform.db.close()
        stop_redis(folder / "redis")
        stop_postgres(folder / "pg")


def capacity(platform: Platform, jobs: int) -> float:
    """Jobs a second that the worker gets through when it is never idle."""
    ids = [s.job_id for s in submit_many(platform, [NewJob(FLOOD, KIND)] * jobs)]
    wait_for(lambda: len(starts(platform, ids)) == jobs, 300, "the jobs that tell the capacity")
    began = sorted(start for _, start in starts(platform, ids).values())
    late = began[jobs // 4 :]  # the first come while workers warm up
    return (len(late) - 1) / ((late[-1] - late[0]) / SECOND)


def starts(platform: Platform, job_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Job → (ready_at, started_at) of those that have started."""
    found: dict[str, tuple[int, int]] = {}
    with platform.db.read() as conn:
        for first in range(0, len(job_ids), 1000):
            statement = select(StageRow.job_id, StageRow.ready_at, StageRow.started_at).where(
                StageRow.job_id.in_(job_ids[first : first + 1000]), StageRow.started_at.is_not(None)
            )
            found |= {row.job_id: (row.ready_at, row.started_at) for row in conn.execute(statement)}
    return found


def small_tenants(
    platform: Platform, per_s: float, seconds: float, seed: int, enough: Callable[[], bool] = lambda: True
) -> list[str]:
    """Submit as ten tenants do who know nothing of each other; up to a minute longer until it is `enough`."""
    dice = random.Random(seed)
    ids: list[str] = []
    began = due = time.monotonic()
    while True:
        due += dice.expovariate(per_s)
        if due - began >= seconds and (enough() or due - began >= seconds + _LONGER_S):
            return ids
        time.sleep(max(0.0, due - time.monotonic()))
        ids += [s.job_id for s in submit_many(platform, [NewJob(dice.choice(TENANTS), KIND)])]


def p95_wait_s(platform: Platform, ids: Sequence[str]) -> float:
    wait_for(lambda: len(starts(platform, ids)) == len(ids), 120, "the small tenants' jobs")
    waits = [(start - ready) / SECOND for ready, start in starts(platform, ids).values()]
    return quantiles(waits, n=20)[-1]


class Witness:
    """Looks up estimates of queued jobs once a second, from a thread of its own."""

    def __init__(self, platform: Platform, ids: Sequence[str]) -> None:
        self._platform, self._ids = platform, ids
        self._stop = threading.Event()
        self._until = float("inf")
        self._seen: list[tuple[str, float, float]] = []  # job, when asked, start that was told
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        dice = random.Random(1)
        while not self._stop.wait(1.0):
            asked = dice.sample(self._ids, min(200, len(self._ids)))
            now = time.time()
            for job_id, place in placing.of(self._platform, asked).items():
                if place.get("estimated_start_at"):
                    told = datetime.fromisoformat(place["estimated_start_at"]).timestamp()
                    self._seen.append((job_id, now, told))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._until = time.time()

    def errors(self) -> list[float]:
        """Relative errors, of the jobs that started before `stop`: afterwards the load is another."""
        seen = self._seen[:]
        really = starts(self._platform, sorted({job_id for job_id, _, _ in seen}))
        found = []
        for job_id, asked, told in seen:
            if job_id in really:
                waited = really[job_id][1] / SECOND - asked
                if waited >= _WORTH_S and asked + waited <= self._until:
                    found.append(abs(told - asked - waited) / waited)
        return found


def measure(
    platform: Platform, seconds: float, flood: int, jobs: int, seed: int = 1
) -> dict[str, float | int]:
    per_s = capacity(platform, jobs)
    alone = p95_wait_s(platform, small_tenants(platform, LOAD * per_s, seconds, seed))
    flooded = [s.job_id for s in submit_many(platform, [NewJob(FLOOD, KIND)] * flood)]
    witness = Witness(platform, flooded[: int(2 * per_s * seconds)])
    # a short run on a busy machine may be over before anybody was told anything
    beside_it = small_tenants(platform, LOAD * per_s, seconds, seed, lambda: bool(witness.errors()))
    witness.stop()
    beside = p95_wait_s(platform, beside_it)
    errors = witness.errors()
    return {
        "jobs_per_s": round(per_s, 1),
        "alone_p95_s": round(alone, 4),
        "beside_flood_p95_s": round(beside, 4),
        "growth": round(beside / alone, 2),
        "estimates": len(errors),
        "estimate_median_error": round(median(errors), 3) if errors else -1,
        "flood": flood,
        "seed": seed,
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench queue", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--flood", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the times at which the tenants submit")
    parser.add_argument("--jobs", type=int, default=40, help="to tell the capacity by")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, rig(Path(name)) as platform:
        found = measure(platform, options.seconds, options.flood, options.jobs, options.seed)
    print(f"Capacity {found['jobs_per_s']} jobs/s, small tenants at {LOAD:.0%} of it")
    print(
        f"Their wait, p95: alone {found['alone_p95_s']} s, beside the flood {found['beside_flood_p95_s']} s"
    )
    print(f"Estimates: median error {found['estimate_median_error']:.0%} of {found['estimates']}")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
