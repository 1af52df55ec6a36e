"""How many wait before a job, and when it is likely to start. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from app.jobs.order import Candidate, Holdings, serving_order

_WINDOW_S = 60.0  # how far back the pace of a queue is looked at
_FIRST_START_S = 0.5  # a free worker has the message within about this


@dataclass(frozen=True)
class Run:
    """A finished run: how long it took, and how long ago it ended."""

    queue: str
    seconds: float
    ended_s_ago: float


@dataclass(frozen=True)
class Pace:
    """What a queue's workers get through: stages a second (None: unknown), and how many of them are free."""

    per_s: float | None
    free: int


@dataclass(frozen=True)
class Waiting:
    """A stage that stands in line. `unstarted`: it is the first of its job to run."""

    job_id: str
    candidate: Candidate
    unstarted: bool = True
    at_least_s: float | None = 0.0  # before its owner's running limit lets it in; None: not known


@dataclass(frozen=True)
class Place:
    """`position`: 1 is the next of the jobs to begin. `start_s`: seconds from now; None: nothing tells."""

    position: int
    start_s: float | None


def pace(runs: Iterable[Run], slots: int, busy: int, longest_wait_s: float) -> Pace:
    """What the workers of one queue did lately; for want of that, what they could do.

    While stages waited for the whole window they did all that they could. Else they were idle in between, and
    could do more than they did.
    """
    found = list(runs)
    lately = [run for run in found if run.ended_s_ago <= _WINDOW_S]
    seen_s = min(_WINDOW_S, longest_wait_s) if longest_wait_s > 0 else _WINDOW_S
    inside = [run for run in lately if run.ended_s_ago <= seen_s]
    did = len(inside) / seen_s if len(inside) >= 5 and longest_wait_s > 0 else 0.0
    mean = fmean(run.seconds for run in found) if found else 0.0
    could = slots / max(mean, 0.005) if found and slots else 0.0
    best = did or could
    return Pace(best or None, max(0, slots - busy))


def places(
    waiting: Sequence[Waiting], held: Holdings, paces: Mapping[str, Pace], paused: Iterable[str]
) -> dict[str, Place]:
    """Job → its place, in the order in which the steward serves. A job with several stages has its best."""
    stopped = set(paused)
    by_stage = {w.candidate.stage_id: w for w in waiting}
    ahead: Counter[str] = Counter()
    jobs: dict[str, set[str]] = defaultdict(set)
    found: dict[str, Place] = {}
    for candidate, _, _ in serving_order((w.candidate for w in waiting), held):
        stage, queue = by_stage[candidate.stage_id], candidate.queue
        if stage.unstarted:
            jobs[queue].add(stage.job_id)
            start_s = None if queue in stopped else start_in(ahead[queue], paces.get(queue))
            if start_s is not None:
                start_s = None if stage.at_least_s is None else max(start_s, stage.at_least_s)
            place = Place(len(jobs[queue]), start_s)
            before = found.get(stage.job_id)
            if before is None or place.position < before.position:
                found[stage.job_id] = place
        ahead[queue] += 1
    return found


def start_in(ahead: int, of: Pace | None) -> float | None:
    """Seconds until a stage starts that has so many before it; None when nothing tells."""
    if of is None:
        return None
    if ahead < of.free:
        return _FIRST_START_S
    if of.per_s is None:
        return None
    return _FIRST_START_S + (ahead - of.free + 1) / of.per_s
