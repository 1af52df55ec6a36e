"""In what order stages are served: pure, and the only place where it is decided."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.jobs.limits import AGEING_S

WIDEST = 8  # a window is at most so many times the one that is set
AHEAD = 4  # so many stages of one owner in a queue go before those of owners who have more under way


@dataclass(frozen=True)
class Candidate:
    """A stage that may run now. `waited_s`: seconds since it became ready.

    `resumed`: it was served before, and lost its worker.
    """

    stage_id: int
    queue: str
    owner_id: str
    priority: int
    waited_s: float
    resumed: bool = False


class Held(NamedTuple):
    """What an owner has under way in a queue, and how long ago the last of it was published."""

    stages: int = 0
    served_s: float = math.inf


_NOTHING = Held()
Holdings = Mapping[tuple[str, str], Held]  # (queue, owner) → what is held there


def serving_order(waiting: Iterable[Candidate], held: Holdings) -> list[tuple[Candidate, int, int]]:
    """(stage, urgency, turn), first whom to serve first: the urgent, and of these the owners in turn.

    An owner's turns count from what they have under way, and of equal turns theirs comes first who was not
    served for longer. So whoever was served much does not win again while others wait, and nothing has to be
    remembered between rounds. Nobody is overtaken by what became ready more than four times `AGEING_S` later.
    """
    turn: dict[tuple[str, str], int] = {}
    ranked = []
    for c in sorted(waiting, key=lambda c: (-urgency(c), -c.waited_s, c.stage_id)):
        who = c.queue, c.owner_id
        stages, served_s = held.get(who, _NOTHING)
        mine = turn.get(who, stages)
        turn[who] = mine + 1
        ranked.append((-urgency(c), mine, -served_s, -c.waited_s, c.stage_id, c))
    return [(c, -less, mine) for less, mine, _, _, _, c in sorted(ranked, key=lambda r: r[:5])]


def urgency(c: Candidate) -> int:
    return c.priority + int(c.waited_s / AGEING_S)


@dataclass(frozen=True)
class Choice:
    """A stage to publish; `behind`: its message is taken when there is none of owners with less under way."""

    stage_id: int
    behind: bool


def decide(candidates: Iterable[Candidate], room: Mapping[str, int], held: Holdings) -> list[Choice]:
    """What to publish, in order. A queue's room bounds whoever has `AHEAD` or more under way there.

    The first few of each owner need no room, so a full queue does not hold up who comes new, nor does what
    was served before: it has waited for a lease to end. But nothing less urgent goes where something more
    urgent found no room.
    """
    left = dict(room)
    closed: dict[str, int] = {}  # queue → how urgent was what found no room
    chosen = []
    for c, how_urgent, turn in serving_order(candidates, held):
        if how_urgent < closed.get(c.queue, how_urgent):
            continue
        behind = turn >= AHEAD and not c.resumed
        if behind and left.get(c.queue, 0) <= 0:
            closed.setdefault(c.queue, how_urgent)
            continue
        left[c.queue] = left.get(c.queue, 0) - 1
        chosen.append(Choice(c.stage_id, behind))
    return chosen


def window(least: int, before: int, left: int) -> int:
    """How many messages may wait in a queue whose window of `before` was full, and now holds `left`.

    Stages so short that half of it has gone get twice the window, for a look at the lines costs as much for
    few as for many; four times if all has, since workers stood idle then. Measured in time the window stays
    short, and that is what a newcomer waits for.
    """
    if 2 * left <= before:
        return min((2 if left else 4) * before, WIDEST * least)
    return max(least, before // 2) if 4 * left > 3 * before else before


@dataclass(frozen=True)
class Arrival:
    """A stage that has just become ready, and what it finds in its queue; the counts leave itself out.

    `own`: its owner's stages under way there. `published`: anybody's that have a message.
    """

    stage_id: int
    queue: str
    owner_id: str
    own: int
    published: int
    follows_own: bool  # another stage of its owner is ready there
    outranked: bool  # one of a higher priority is
    passes_over: bool  # any is
    resumed: bool = False  # it was served before, and lost its worker


def at_once(arrivals: Iterable[Arrival], window: int) -> list[Choice]:
    """Which of them to publish without waiting for the steward: those whom `decide` would take first."""
    more: dict[tuple[str, str], int] = defaultdict(int)
    chosen = []
    for a in arrivals:
        turn = a.own + more[a.queue, a.owner_id]
        behind = turn >= AHEAD and not a.resumed
        refused = a.passes_over or a.published + more[a.queue, ""] >= window
        follows = a.follows_own and not a.resumed
        if refused if behind else (follows or a.outranked):
            continue
        more[a.queue, a.owner_id] += 1
        more[a.queue, ""] += 1
        chosen.append(Choice(a.stage_id, behind))
    return chosen
