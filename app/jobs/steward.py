"""Rescue and admission: one elected process frees dead leases and feeds the queues, once a second.

Works by state, never by what it remembers, so any worker's main process can take over at any time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from app.errors import Unavailable
from app.jobs import completion, places, rescue
from app.jobs.announce import let_in, send
from app.jobs.limits import AGEING_S, TIERS
from app.jobs.order import AHEAD, WIDEST, Candidate, Choice, Held, decide, window
from app.jobs.platform import Platform
from app.store import admission, leases, lines, publication, queues
from app.store import jobs as rows
from app.store.database import SECOND, AnyRow
from app.telemetry import problem

TICK_S = 1.0
_FAST_S = 0.2  # how soon a queue that was filled to the brim is looked at again, while it empties fast
_SLOT_S = 4.0  # a dead steward is replaced after so long
_GAP_S = 3 * TICK_S  # and if nobody has by then, the database may have been away
_PATIENCE_S = 5.0  # then a message that lies behind others' is sent again, ahead
_PER_ROUND = 200  # bounds a round: a thousand hopeless rows cannot starve the rest


@dataclass
class Steward:
    """`tick` is called about once a second in every worker's main process; only the elected one acts."""

    platform: Platform
    name: str
    clock: Callable[[], float] = time.monotonic
    pause_s: float = field(default=TICK_S, init=False)  # until `feed` is worth while again
    _full: dict[str, int] = field(default_factory=dict, init=False)  # queue → window that was filled
    _next_look: float = field(default=0.0, init=False)
    _last_tick: float | None = field(default=None, init=False)
    _rescue_from: float = field(default=0.0, init=False)

    def tick(self) -> bool:
        """One round; returns whether this process was the steward. Raises Unavailable with the database."""
        rescue.of_the_dead(self.platform)  # each process's own to see, steward or not
        with self.platform.db.write() as conn:
            held_s = leases.hold_slot(conn, "steward", self.name, _SLOT_S, _GAP_S)
        now, lease_s = self.clock(), self.platform.settings.lease_s
        # After a gap (the database was away) live workers need one lease's time to renew theirs before any of
        # them is called dead. That there was none, our own ticks tell, elected or not: the database answered.
        # Of the time before us the role's row does: whoever had it renewed it.
        if self._last_tick is None or now - self._last_tick > _SLOT_S + _GAP_S:
            self._rescue_from = now + lease_s
        self._last_tick = now
        if held_s is None:
            self.pause_s = TICK_S
            return False
        if now >= self._rescue_from or held_s >= lease_s:
            self.rescue()
        self.hold_back()
        self.admit()
        self.feed()
        self.bring_forward()
        self.resend()
        self.tell_places()
        completion.look_after_all(self.platform)
        return True

    def rescue(self) -> int:
        """Take back stages whose worker has not been heard of; returns how many."""
        return rescue.of_the_silent(self.platform, _PER_ROUND)

    def admit(self) -> None:
        """Let in what waits where there is room; the end of a job does the same, at once but only once."""
        with self.platform.db.read() as conn:
            waiting = admission.owners_waiting(conn)
        for row in waiting:
            limit = TIERS[row.tier].running_jobs
            if limit is None or row.admitted < limit:
                let_in(self.platform, row.owner_id)

    def hold_back(self) -> int:
        """Take back what was published into a queue while it was being paused; returns how many."""
        with self.platform.db.read() as conn:
            if not queues.paused(conn):
                return 0
        with self.platform.db.write() as conn:
            return len(queues.take_back(conn))

    def feed(self) -> int:
        """Publish ready stages into each queue's bounded window, in fair order."""
        least = self.platform.settings.publish_window
        with self.platform.db.read() as conn:
            most = min(WIDEST * least, 4 * max(self._full.values(), default=least))
            waiting = lines.ready(conn, each=most + 1, ageing_us=int(AGEING_S * SECOND))
            if not waiting:
                self.pause_s, self._full = TICK_S, {}
                return 0
            under_way = lines.under_way(conn)
            now = rows.now(conn)
        candidates = [
            Candidate(
                r.id, r.queue, r.owner_id, r.priority, max(0.0, (now - r.ready_at) / SECOND), r.losses > 0
            )
            for r in waiting
        ]
        published = Counter(dict.fromkeys(self.platform.catalogue.queues, 0))
        for (queue, _), theirs in under_way.items():
            published[queue] += theirs.published
        windows = {
            queue: window(least, self._full[queue], left) if queue in self._full else least
            for queue, left in published.items()
        }
        held = {
            who: Held(theirs.published + theirs.running, (now - theirs.published_at) / SECOND)
            for who, theirs in under_way.items()
        }
        room = {queue: windows[queue] - left for queue, left in published.items()}
        chosen = decide(candidates, room, held)[: 10 * _PER_ROUND]
        gone = {choice.stage_id for choice in chosen}
        stayed = {c.queue for c in candidates if c.stage_id not in gone}
        before, self._full = self._full, {queue: windows[queue] for queue in stayed}
        fast = stayed - before.keys() or any(wide > least for wide in self._full.values())
        self.pause_s = _FAST_S if fast else TICK_S
        if not chosen:
            return 0
        with self.platform.db.write(synced=False) as conn:
            moved = publication.mark_published(conn, [choice.stage_id for choice in chosen])
        return self._send(moved, chosen)

    def bring_forward(self) -> int:
        """Who was not served for a while, and has nothing running where others have, goes ahead once."""
        with self.platform.db.read() as conn:
            under_way = lines.under_way(conn)
        busy = {queue for (queue, _), theirs in under_way.items() if theirs.running}
        sent = 0
        for (queue, owner_id), theirs in under_way.items():
            if theirs.published and not theirs.running and queue in busy:
                with self.platform.db.write() as conn:
                    first = publication.published_and_silent(conn, queue, _PATIENCE_S, 1, owner_id)
                sent += self._send(first)
        return sent

    def resend(self) -> int:
        """Send again what was published, not claimed for a while, and is no longer in its queue."""
        with self.platform.db.read() as conn:
            published = publication.published_counts(conn)
            under_way = lines.under_way(conn)
        sent = 0
        for queue, count in published.items():
            try:
                missing = count - self.platform.queue.depth(queue)
            except Unavailable:
                continue  # a broker that is away loses nothing that the database does not know
            if missing <= 0:
                continue
            age = self.platform.settings.republish_after_s
            with self.platform.db.write() as conn:
                silent = publication.published_and_silent(conn, queue, age, missing)
            # Most are not lost, but wait behind others: a second message must not bring them past those.
            held = {o: u.published + u.running for (name, o), u in under_way.items() if name == queue}
            again = [Choice(row.id, held.get(row.owner_id, 0) > AHEAD) for row in silent]
            sent += self._send(silent, again)
        return sent

    def tell_places(self) -> None:
        """Write down where everybody stands: once a second, or less often if that takes long."""
        began = self.clock()
        if began < self._next_look:
            return
        with suppress(Unavailable):  # then documents say no place
            places.write(self.platform)
        self._next_look = began + max(0.9 * TICK_S, 10 * (self.clock() - began))

    def _send(self, moved: Sequence[AnyRow], chosen: Sequence[Choice] = ()) -> int:
        try:
            return send(self.platform, moved, chosen)
        except Unavailable:
            return 0  # they stay published; `resend` comes back to them


def run_steward(steward: Steward, wait: Callable[[float], bool]) -> None:
    """Tick until `wait(seconds)` says stop. A database that is away is waited for."""
    due = steward.clock() + TICK_S
    while not wait(min(steward.pause_s, max(0.0, due - steward.clock()))):
        try:
            if steward.clock() < due:
                steward.feed()
                continue
            due = steward.clock() + TICK_S
            steward.tick()
        except Unavailable:
            steward.pause_s = TICK_S
        except Exception:  # noqa: BLE001 - the steward must outlive any single bad round
            steward.pause_s = TICK_S
            problem("steward.round_failed")
