"""How many wait before a job, and when it is likely to start. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType

from app.jobs.order import AHEAD, Candidate, Holdings, serving_order

WINDOW_S = 60.0  # how far back the pace of a queue, and who comes to it, is looked at
_ENOUGH = 5  # runs that say something of a pace
_SHORTEST_S = 0.005  # what a stage costs its worker, however little it does
_SOON_S = 5.0  # who has no more in line than they bring in this time keeps up
_FIRST_START_S = 0.5  # a free worker has the message within about this


@dataclass(frozen=True)
class Run:
    """A finished run: whose, how long it took, and how long ago it ended."""

    queue: str
    owner_id: str
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


def pace(
    runs: Iterable[Run], slots: int, busy: int, longest_wait_s: float, covers_s: float = WINDOW_S
) -> Pace:
    """What the workers of one queue did lately; for want of that, what they could do.

    While something waited, they did all that they could; before, they may have been idle. `covers_s`: no run
    of that time is missing in `runs`.
    """
    found = list(runs)
    seen_s = min(covers_s, longest_wait_s)
    ages = [run.ended_s_ago for run in found if run.ended_s_ago <= seen_s]
    # from the first of them on: a batch waits by its clock before its commit, when nobody can have begun it
    did = (len(ages) - 1) / max(*ages, 0.001) if len(ages) >= _ENOUGH else 0.0
    mean = fmean(run.seconds for run in found) if found else 0.0
    could = slots / max(mean, _SHORTEST_S) if found else 0.0
    return Pace(did or could or None, max(0, slots - busy))


def comers(runs: Iterable[Run], in_line: Mapping[str, int], covers_s: float = WINDOW_S) -> dict[str, float]:
    """Owner → stages a second that they bring to a queue, of those who keep up: what they bring goes soon.

    Whoever has more in line than that is not among them: the line itself tells of it.
    """
    since_s = min(WINDOW_S, covers_s)
    ages: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        if run.ended_s_ago <= since_s:
            ages[run.owner_id].append(run.ended_s_ago)
    oldest = max((max(theirs) for theirs in ages.values()), default=0.0)
    if sum(map(len, ages.values())) >= _ENOUGH:
        since_s = max(oldest, 0.001)  # nothing came before
    found = {owner: len(theirs) / since_s for owner, theirs in ages.items()}
    return {o: per_s for o, per_s in found.items() if in_line.get(o, 0) <= AHEAD + _SOON_S * per_s}


def places(
    waiting: Sequence[Waiting],
    held: Holdings,
    paces: Mapping[str, Pace],
    paused: Iterable[str],
    come: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> dict[str, Place]:
    """Job → its place, in the order in which the steward serves. A job with several stages has its best.

    `come`: queue → `comers`. Whoever has much waiting is overtaken by others who come later, and that shows
    in no order of those who are there now.
    """
    stopped = set(paused)
    by_stage = {w.candidate.stage_id: w for w in waiting}
    ahead: Counter[str] = Counter()
    jobs: dict[str, set[str]] = defaultdict(set)
    found: dict[str, Place] = {}
    overtaken: dict[tuple[str, str], Pace | None] = {}
    for candidate, _, turn in serving_order((w.candidate for w in waiting), held):
        stage, queue = by_stage[candidate.stage_id], candidate.queue
        if stage.unstarted:
            jobs[queue].add(stage.job_id)
            mine = paces.get(queue)
            if turn >= AHEAD:
                who = queue, candidate.owner_id
                if who not in overtaken:
                    overtaken[who] = left_over(mine, who[1], come.get(queue, {}))
                mine = overtaken[who]
            start_s = None if queue in stopped else start_in(ahead[queue], mine)
            if start_s is not None:
                start_s = None if stage.at_least_s is None else max(start_s, stage.at_least_s)
            place = Place(len(jobs[queue]), start_s)
            before = found.get(stage.job_id)
            if before is None or place.position < before.position:
                found[stage.job_id] = place
        ahead[queue] += 1
    return found


def left_over(of: Pace | None, owner_id: str, come: Mapping[str, float]) -> Pace | None:
    """The pace at which the line of an owner moves whom all that come overtake: an equal share at least."""
    if of is None or of.per_s is None:
        return of
    others = [per_s for owner, per_s in come.items() if owner != owner_id]
    return Pace(max(of.per_s - sum(others), of.per_s / (1 + len(others))), of.free)


def start_in(ahead: int, of: Pace | None) -> float | None:
    """Seconds until a stage starts that has so many before it; None when nothing tells."""
    if of is None:
        return None
    if ahead < of.free:
        return _FIRST_START_S
    if of.per_s is None:
        return None
    return max(_FIRST_START_S, (ahead - of.free + 1) / of.per_s)
