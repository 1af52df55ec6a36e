"""Keeps leases alive while stages work: one thread for all that this process holds."""

from __future__ import annotations

import os
import threading
import time

from app.errors import Unavailable
from app.jobs import runs
from app.jobs.claiming import announce_start
from app.jobs.model import Claim, JobStatus
from app.jobs.platform import Platform
from app.telemetry import emit, problem

_PATIENCE_S = 600.0


class LeaseKeeper:
    """Beats from `begin` to `end`. `cancelled`: the owner wants it stopped; `lost`: it would be refused."""

    def __init__(self, platform: Platform, claim: Claim) -> None:
        self._platform = platform
        self._claim = claim
        self._lease_s = platform.settings.lease_s
        # Three beats a lease: two may be lost before the steward takes the stage back. The first comes
        # early so that a cancel right after the claim is seen soon.
        self.beat_s = min(2.0, self._lease_s / 3)
        self._renewed = self.due = time.monotonic()
        self.due += self.beat_s
        self._told = platform.catalogue.kinds[claim.kind].stage(claim.name).heavy
        self.cancelled = False
        self._refused = False

    @property
    def lost(self) -> bool:
        """Refused by the database, or unheard of for so long that going on would be a waste.

        Nobody takes the stage while the database is away, and the fence refuses a late finish; so
        patience costs nothing until another worker, in reach of it, must have taken over.
        """
        return self._refused or time.monotonic() - self._renewed > max(_PATIENCE_S, 4 * self._lease_s)

    def begin(self) -> None:
        _round.join(self)

    def end(self) -> None:
        _round.leave(self)

    def beat(self) -> bool:
        """Renew; False once there is nothing left to renew."""
        self.due = time.monotonic() + self.beat_s
        try:
            status = runs.heartbeat(self._platform, self._claim)
        except Unavailable:
            return True
        except Exception:  # noqa: BLE001 - a beat may fail, the next must still come
            problem("lease.beat_failed", job=self._claim.job_id)
            return True
        if status is None:
            self._refused = True
            emit("lease.lost", job=self._claim.job_id, stage=self._claim.name)
            return False
        self._renewed = time.monotonic()
        if not self._told:
            self._told = True
            announce_start(self._platform, self._claim)
        self.cancelled = status is JobStatus.CANCELLING
        return True


class _Round:
    """The thread that goes round the held leases; a stage that ends before its first beat costs nothing."""

    def __init__(self) -> None:
        self._held: set[LeaseKeeper] = set()
        self._lock = threading.Lock()
        self._pid = 0

    def join(self, keeper: LeaseKeeper) -> None:
        with self._lock:
            self._held.add(keeper)
            if self._pid != os.getpid():  # the first of this process; a fork has no thread of its parent's
                self._held, self._pid = {keeper}, os.getpid()
                threading.Thread(target=self._go, name="leases", daemon=True).start()

    def leave(self, keeper: LeaseKeeper) -> None:
        with self._lock:
            self._held.discard(keeper)

    def _go(self) -> None:
        while True:
            with self._lock:
                held = list(self._held)
            # a quarter of a beat at most too late; nobody has to wake the thread when a stage begins
            time.sleep(min([keeper.beat_s for keeper in held], default=1.0) / 4)
            for keeper in held:
                if keeper.due <= time.monotonic() and keeper in self._held and not keeper.beat():
                    self.leave(keeper)


_round = _Round()
