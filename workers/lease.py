"""Keeps a lease alive from a thread of its own while the stage works."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from app.errors import Unavailable
from app.jobs import runs
from app.jobs.model import Claim, JobStatus
from app.jobs.platform import Platform
from app.telemetry import problem

_PATIENCE_S = 600.0


class LeaseKeeper:
    """Context manager. `cancelled`: the owner wants it stopped; `lost`: its result would be refused."""

    def __init__(self, platform: Platform, claim: Claim) -> None:
        self._platform = platform
        self._claim = claim
        self._lease_s = platform.settings.lease_s
        self._renewed = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{claim.stage_id}", daemon=True)
        self.cancelled = False
        self._refused = False

    @property
    def lost(self) -> bool:
        """Refused by the database, or unheard of for so long that going on would be a waste.

        Nobody takes the stage while the database is away, and the fence refuses a late finish; so
        patience costs nothing until another worker, in reach of it, must have taken over.
        """
        return self._refused or time.monotonic() - self._renewed > max(_PATIENCE_S, 4 * self._lease_s)

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        # Three beats a lease: two may be lost before the steward takes the stage back. The first comes
        # early so that a cancel right after the claim is seen soon.
        while not self._stop.wait(min(2.0, self._lease_s / 3)):
            try:
                status = runs.heartbeat(self._platform, self._claim)
            except Unavailable:
                continue
            except Exception:  # noqa: BLE001 - a beat may fail, the next must still come
                problem("lease.beat_failed", job=self._claim.job_id)
                continue
            if status is None:
                self._refused = True
                return
            self._renewed = time.monotonic()
            self.cancelled = status is JobStatus.CANCELLING
