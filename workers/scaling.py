"""The autoscaler at work: looks at queues and workers, decides, starts and drains; one acts at a time.

Where workers come from is a backend's: `start(profile)` starts one, `mine()` tells which it started (process
id → profile). Draining needs none: it is a row that every worker heeds, after which its process ends.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from app.errors import NotFound, Unavailable
from app.jobs import fleet, queues
from app.jobs.fleet import WorkerView
from app.jobs.platform import Platform
from app.settings import Settings
from app.store import leases, scaling
from app.telemetry import emit, problem
from workers.autoscaler import Past, Pool, Rules, Step, decide
from workers.local.growth import LocalWorkers
from workers.profiles import PROFILES

SCALED = ("extraction", "analysis", "generation")  # profiles; maintenance is little work, and general all
ROLE = "autoscaler"
_GAP_S = 3.0  # a look that comes so late was kept from the database, and the workers may have been, too


def rules_of(settings: Settings) -> Rules:
    return Rules(
        queue_up=settings.scale_up_queue,
        busy_up_s=settings.scale_up_busy_s,
        wait_up_s=settings.scale_up_wait_s,
        queue_down=settings.scale_down_queue,
        idle_s=settings.scale_down_idle_s,
        cooldown_s=settings.scale_cooldown_s,
        least=settings.min_workers,
        most=settings.max_workers,
    )


@dataclass(frozen=True)
class View:
    """What there is at one moment. `ours`: profile → registered workers that may be drained."""

    pools: list[Pool]
    total: int
    ours: dict[str, list[WorkerView]]


@dataclass
class Autoscaler:
    platform: Platform
    backend: LocalWorkers
    name: str
    clock: Callable[[], float] = time.monotonic
    _past: dict[str, Past] = field(default_factory=dict, init=False)
    _looked: float | None = field(default=None, init=False)

    def run(self, stopped: threading.Event) -> None:
        """Until told to stop. Workers that were started stay: the next autoscaler here knows them."""
        while not stopped.wait(self.platform.settings.scale_tick_s):
            try:
                self.tick()
            except Unavailable:
                continue
            except Exception:  # noqa: BLE001 - it must outlive any single bad round
                problem("autoscaler.round_failed")

    def tick(self) -> list[Step]:
        """One look; returns the steps taken. None is taken while another autoscaler holds the role."""
        settings = self.platform.settings
        with self.platform.db.write() as conn:
            held_s = leases.hold_slot(conn, ROLE, self.name, 3 * settings.scale_tick_s + 10.0)
        if held_s is None:
            self._past, self._looked = {}, None  # what happens meanwhile is not seen
            return []
        now = self.clock()
        if self._looked is None or now - self._looked > settings.scale_tick_s + _GAP_S:
            # Workers that are just starting, or were cut off from the database as we were, are not known
            # yet: nothing is done before they had time to say that they are there.
            self._past = {name: replace(self._past.get(name, Past()), changed_at=now) for name in SCALED}
        self._looked = now
        view = self._look()
        steps, self._past = decide(view.pools, self._past, rules_of(settings), now, view.total)
        return [step for step in steps if self._take(step, view)]

    def _look(self) -> View:
        living = fleet.look(self.platform)
        mine = self.backend.mine()
        here = socket.gethostname()
        registered = {worker.pid for worker in living if worker.host == here}
        serving = [worker for worker in living if worker.draining_at is None]
        waiting = {view.name: view for view in queues.look(self.platform) if view.paused_at is None}
        reused = queues.reuse(self.platform)
        pools, ours = [], {}
        for profile in SCALED:
            kind = PROFILES[profile]
            open_ = [waiting[name] for name in kind.queues if name in waiting]
            staff = [worker for worker in serving if kind.queues[0] in worker.queues]
            starting = sum(p == profile and pid not in registered for pid, p in mine.items())
            ours[profile] = [w for w in staff if w.host == here and mine.get(w.pid) == profile]
            pools.append(
                Pool(
                    name=profile,
                    workers=len(staff) + starting,
                    ours=len(ours[profile]),
                    waiting=sum(view.ready + view.published for view in open_),
                    running=sum(worker.running for worker in staff),
                    slots=sum(worker.concurrency for worker in staff) + starting * kind.concurrency,
                    wait_s=max((view.oldest_wait_s for view in open_), default=0.0),
                    cache_hit_rate=min((reused[v.name] for v in open_ if v.name in reused), default=None),
                )
            )
        return View(pools, len(living) + sum(pid not in registered for pid in mine), ours)

    def _take(self, step: Step, view: View) -> bool:
        if step.after > step.before:
            for _ in range(step.after - step.before):
                self.backend.start(step.pool)
        else:
            leaver = min(view.ours[step.pool], key=lambda worker: (worker.running, -worker.started_at))
            try:
                fleet.drain(self.platform, leaver.name)
            except NotFound:
                return False  # it has just gone by itself
        about: dict[str, Any] = asdict(step)
        with self.platform.db.write() as conn:
            scaling.note(conn, **about, holder=self.name)
        emit("autoscaler.step", **about)
        return True
