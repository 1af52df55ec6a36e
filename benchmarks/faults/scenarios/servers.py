"""PostgreSQL and Redis that die, forget, hang or lose an answer."""

from __future__ import annotations

import random
import signal
import time
from functools import partial
from typing import Any

import redis

from app.jobs.model import Message
from app.settings import load
from benchmarks.faults.load import Stream
from benchmarks.faults.rig import Rig, now_us, percentile
from benchmarks.faults.scenarios import Size
from benchmarks.lab.catalogue import CATALOGUE
from benchmarks.lab.stack import wait_for
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

LIGHT: list[tuple[str, dict[str, Any]]] = [("note", {}), ("file", {}), ("note", {}), ("chain", {})]


def broker_gone(rig: Rig, size: Size) -> dict[str, Any]:
    """FLUSHALL under queued jobs; then Redis killed, and started again empty."""
    client = redis.Redis.from_url(rig.broker)
    back: list[float] = []
    for killed in [False, True] * size.of(1, 2, 5):
        ids = [rig.load.post("doze") for _ in range(size.of(8, 20, 20))]
        if killed:
            rig.crash("redis")
            ids += [rig.load.post("note") for _ in range(3)]  # accepted while it is away
            time.sleep(size.of(1, 4, random.uniform(1, 20)))
            rig.start_redis()
        else:
            client.flushall()
        at = now_us()
        wait_for(partial(rig.all_started, ids), 120, "every queued job runs")
        back.append((max(rig.first_claims(ids).values()) - at) / 1e6)
        rig.settle()
    client.close()
    return {"times": len(back), "recoveries": back}


def black_hole(rig: Rig, size: Size) -> dict[str, Any]:
    """Nothing that is sent to Redis arrives, and nothing is refused, either."""
    before = rig.load.post("doze")
    wait_for(partial(rig.all_started, [before]), 60, "workers take jobs")
    rig.load.refused.clear()
    rig.redis.hole = True
    until = time.monotonic() + size.of(6, 20, 60)
    ids, reads, posts = [], [], []
    while time.monotonic() < until:
        began = time.monotonic()
        ids.append(rig.load.post("note"))
        posts.append(time.monotonic() - began)
        began = time.monotonic()
        assert rig.stack.job(ids[-1])["id"] == ids[-1]
        reads.append(time.monotonic() - began)
        time.sleep(0.3)
    rig.redis.hole = False
    at = now_us()
    wait_for(partial(rig.all_started, ids), 180, "what was submitted meanwhile runs")
    back = (max(rig.first_claims(ids).values()) - at) / 1e6
    assert not rig.load.refused, f"submissions are accepted all along: {dict(rig.load.refused)}"
    fresh = rig.load.post("note")
    wait_for(partial(rig.all_started, [fresh]), 60, "new jobs run")
    rig.settle()
    return {
        "accepted": len(ids),
        "submit_p95_s": round(percentile(posts, 0.95), 2),
        "read_p95_s": round(percentile(reads, 0.95), 2),
        "recoveries": [max(0.0, back)],
    }


def database_restarts(rig: Rig, size: Size) -> dict[str, Any]:
    """PostgreSQL is stopped, in turn orderly and at once, every few seconds while jobs come in."""
    wanted = size.of(30, 300, 2000)
    restarts, back = 0, []
    with Stream(rig.load, LIGHT, per_s=size.of(8.0, 6.0, 6.0), threads=4) as stream:
        while stream.sent < wanted or restarts < 2:
            time.sleep(random.uniform(*size.of((1, 2), (4, 8), (5, 40))))
            rig.crash("postgres", signal.SIGQUIT if restarts % 2 else signal.SIGINT)
            time.sleep(size.of(1.0, 2.0, random.uniform(1, 5)))
            rig.start_postgres()
            at, restarts = now_us(), restarts + 1
            wait_for(partial(_claim_after, rig, at), 120, "jobs run again")
            back.append((_claim_after(rig, at) - at) / 1e6)
            if stream.trouble:
                break
    rig.settle(size.of(120, 300, 600))
    wrong = sum(n for how, n in rig.load.refused.items() if how != "503")
    return {
        "restarts": restarts,
        "jobs": stream.sent,
        "refused": dict(rig.load.refused),
        "not_503": wrong,
        "recoveries": back,
    }


def _claim_after(rig: Rig, at: int) -> int:
    """When the first stage was claimed after `at`; 0 if none was."""
    first = "SELECT min(at) FROM events WHERE type = 'stage.started' AND at > %s"
    return int(rig.query(first, at)[0][0] or 0)


def tenfold(rig: Rig, size: Size) -> dict[str, Any]:
    """Every message is delivered ten times, to all workers at once."""
    count = size.of(10, 50, 200)
    settings = load({k: v for k, v in rig.stack.environ.items() if k.isupper()})
    queue = CeleryQueue(make_celery(settings, CATALOGUE), timeout_s=5.0)
    tasks = {stage.name: stage.task for stage in CATALOGUE.stages}
    seen: set[int] = set()

    def multiply() -> None:
        """Nine more of each message that was not multiplied yet."""
        waiting = rig.query("SELECT job_id, id, name, queue FROM stages WHERE state <> 'waiting'")
        fresh = [row for row in waiting if row[1] not in seen]
        seen.update(row[1] for row in fresh)
        queue.publish([Message(j, i, tasks[n], q) for j, i, n, q in fresh for _ in range(9)])

    for i in range(count):
        rig.load.post(("note", "file", "chain", "doze")[i % 4])
        if i % 5 == 4:
            multiply()
    ended = "SELECT count(*) FROM jobs WHERE status NOT IN ('succeeded', 'failed', 'cancelled')"
    while rig.query(ended)[0][0]:
        multiply()
        time.sleep(0.2)
    starts = rig.query(
        "SELECT count(*), count(DISTINCT (job_id, data->>'stage')) FROM events WHERE type = 'stage.started'"
    )
    assert starts[0][0] == starts[0][1], "one claim wins"
    return {"jobs": count, "messages": 10 * len(seen), "claims": starts[0][0], "stages": starts[0][1]}


def lost_commit(rig: Rig, size: Size) -> dict[str, Any]:
    """COMMITs that are carried out, but whose answer is lost with the connection."""
    rig.postgres.lose_commit_every = size.of(7, 10, 10)
    try:
        with Stream(rig.load, LIGHT, per_s=size.of(6.0, 6.0, 8.0)) as stream:
            wait_for(lambda: stream.sent >= size.of(20, 100, 500) or stream.trouble, 600, "jobs come in")
        rig.settle()
    finally:
        rig.postgres.lose_commit_every = 0
    rig.settle()
    losses = rig.query("SELECT coalesce(sum(losses), 0) FROM stages")[0][0]
    return {"jobs": stream.sent, "lost_replies": rig.postgres.lost_commits, "run_again": int(losses)}
