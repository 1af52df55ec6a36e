"""Each waiting job's place in line, as the steward sees it: a snapshot, never a count for each request."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean

from app.jobs.estimate import WINDOW_S, Pace, Run, Waiting, comers, pace, places
from app.jobs.fleet import HEARD_OF_S
from app.jobs.limits import AGEING_S, TIERS
from app.jobs.model import Json
from app.jobs.order import Candidate, Held
from app.jobs.placing import key
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import fleet, lines, queues
from app.store import jobs as rows
from app.store.database import SECOND, AnyRow

_EACH = 500  # of one owner, queue and priority; who stands farther back is not told where
_RUNS, _JOBS = 500, 200
_TTL_S = 60.0


def write(platform: Platform) -> int:
    """Put every waiting job's place into the cache; returns how many. Raises Unavailable."""
    found = look(platform)
    if found:
        entries = {
            key(job_id): json.dumps(shown, separators=(",", ":"))[1:-1].encode()
            for job_id, shown in found.items()
        }
        platform.cache.put_versions(time.time_ns() // 1_000_000, entries, _TTL_S)
    return len(found)


def look(platform: Platform) -> dict[str, Json]:
    """Job → what its document says of its place."""
    with platform.db.read() as conn:
        stages = [
            *lines.ready(conn, each=_EACH, ageing_us=int(AGEING_S * SECOND), also_paused=True),
            *lines.published(conn),
        ]
        admission = lines.to_be_admitted(conn, _EACH)
        if not stages and not admission:
            return {}
        unstarted = lines.unstarted(conn, {row.job_id for row in stages})
        under_way = lines.under_way(conn)
        paused = queues.paused(conn)
        workers = fleet.living(conn, HEARD_OF_S)
        runs = lines.last_runs(conn, _RUNS)
        ended = lines.last_jobs(conn, _JOBS) if admission else []
        now = rows.now(conn)
    waiting = [
        Waiting(row.job_id, _candidate(row.id, row, row.ready_at, now), row.job_id in unstarted)
        for row in stages
    ]
    waiting += _admission(platform, admission, ended, now)
    # what is published stands in line here, so only what runs counts as held
    held = {
        who: Held(x.running, (now - x.published_at) / SECOND) for who, x in under_way.items() if x.running
    }
    queue_of = {stage.name: stage.queue for stage in platform.catalogue.stages}
    done = [
        Run(queue_of[row.stage], row.owner_id, row.seconds, (now - row.created_at) / SECOND)
        for row in runs
        if row.stage in queue_of
    ]
    covers_s = WINDOW_S if len(runs) < _RUNS else min(WINDOW_S, (now - runs[-1].created_at) / SECOND)
    longest: dict[str, float] = defaultdict(float)
    in_line: dict[str, Counter[str]] = defaultdict(Counter)
    for one in (w.candidate for w in waiting):
        longest[one.queue] = max(longest[one.queue], one.waited_s)
        in_line[one.queue][one.owner_id] += 1
    paces: dict[str, Pace] = {}
    come: dict[str, dict[str, float]] = {}
    for queue, waited_s in longest.items():
        slots = sum(w.concurrency for w in workers if queue in w.queues and w.draining_at is None)
        busy = sum(x.running for (name, _), x in under_way.items() if name == queue)
        theirs = [run for run in done if run.queue == queue]
        paces[queue] = pace(theirs, slots, busy, waited_s, covers_s)
        come[queue] = comers(theirs, in_line[queue], covers_s)
    found: dict[str, Json] = {w.job_id: {"paused": True} for w in waiting if w.candidate.queue in paused}
    for job_id, place in places(waiting, held, paces, paused, come).items():
        start = None if place.start_s is None else instant(now + int(place.start_s * SECOND))
        found[job_id] = {
            "queue_position": place.position,
            "estimated_start_at": start,
            "paused": job_id in found,
        }
    return found


def _candidate(stage_id: int, row: AnyRow, since: int | None, now: int, queue: str = "") -> Candidate:
    waited_s = max(0.0, (now - (since or now)) / SECOND)
    return Candidate(stage_id, queue or row.queue, row.owner_id, row.priority, waited_s)


def _admission(
    platform: Platform, jobs: Sequence[AnyRow], ended: Sequence[AnyRow], now: int
) -> list[Waiting]:
    """Jobs that are not let in yet, in the order of `admission.next_waiting`."""
    took: dict[str, list[float]] = defaultdict(list)
    for row in ended:
        took[row.kind].append((row.ended_at - row.started_at) / SECOND)
    line: dict[str, int] = defaultdict(int)
    found = []
    for number, row in enumerate(
        sorted(jobs, key=lambda row: row.created_at - row.priority * int(AGEING_S * SECOND))
    ):
        kind = platform.catalogue.kinds.get(row.kind)
        if kind is None:
            continue
        line[row.owner_id] += 1
        limit = TIERS[row.tier].running_jobs
        at_least = None
        if limit is None:
            at_least = 0.0
        elif took[row.kind]:
            at_least = line[row.owner_id] * fmean(took[row.kind]) / limit
        candidate = _candidate(-1 - number, row, row.created_at, now, kind.stages[0].queue)
        found.append(Waiting(row.id, candidate, at_least_s=at_least))
    return found
