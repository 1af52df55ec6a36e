"""Sends what the outbox holds. Runs beside each steward; every process takes a share.

At least once: who dies between the receiver's answer and ours leaves the message due again, under the
same id. Nothing is promised about order. A slow receiver holds a few threads for a bounded time.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from app.errors import LecternError, Unavailable
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.jobs.webhooks import policy
from app.jobs.webhooks.policy import Verdict
from app.outbound import Exchange, check_public
from app.store import deliveries, webhooks
from app.store.database import SECOND, AnyRow, now_us
from app.telemetry import emit, problem

POLL_S = 1.0
_AT_ONCE = 16  # threads of one process
_EACH = 4  # to one webhook, in all processes
_OWNER = 8  # to the webhooks of one owner, in one process: half the threads are always for others
_SLACK_S = 5.0  # with the time-out once more, for a slow name server and our own database
_READ = 4096  # of an answer's body; it is not looked at, but a receiver likes to get rid of it
_KEPT_ATTEMPTS = 30


@dataclass(frozen=True)
class Attempt:
    """What came of one try. `status`: the receiver's, if it answered."""

    status: int | None
    duration_s: float
    error: str | None = None
    wish_s: float = 0.0

    @property
    def verdict(self) -> Verdict:
        return policy.verdict(self.status) if self.status is not None else Verdict.AGAIN


@dataclass
class Sender:
    platform: Platform
    _busy: Counter[str] = field(default_factory=Counter, init=False)  # owner → messages under way here
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _nudge: threading.Event = field(default_factory=threading.Event, init=False)

    def run(self, stopped: threading.Event) -> None:
        """Until told to stop; what is under way then ends by itself, or is sent again by others."""
        while not stopped.is_set():
            try:
                taken = self.round()
            except Unavailable:
                taken = 0
            except Exception:  # noqa: BLE001 - the sender must outlive any single bad round
                problem("webhook.round_failed")
                taken = 0
            if not taken:
                self._nudge.wait(POLL_S)
            self._nudge.clear()

    def round(self) -> int:
        """Take what is due, as far as there are threads for it, and send it; returns how many."""
        with self._lock:
            room = _AT_ONCE - self._busy.total()
            spare = [owner for owner, count in self._busy.items() if count >= _OWNER]
        if room <= 0:
            return 0
        with self.platform.db.read() as conn:
            if not deliveries.anything_due(conn):
                return 0
        lease_us = int((2 * self.platform.settings.webhook_timeout_s + _SLACK_S) * SECOND)
        with self.platform.db.write() as conn:
            taken = deliveries.take(conn, lease_us=lease_us, each=_EACH, limit=room, spare=spare)
        for row in taken:
            with self._lock:
                self._busy[row.owner_id] += 1
            threading.Thread(target=self._send, args=(row,), name="webhook", daemon=True).start()
        return len(taken)

    def _send(self, row: AnyRow) -> None:
        try:
            attempt = self._try(row)
            if attempt is not None:
                self._insist(lambda: self._conclude(row, attempt))
        except Exception:  # noqa: BLE001 - its lease ends and it is tried again
            problem("webhook.sending_failed", delivery=row.id)
        finally:
            with self._lock:
                self._busy[row.owner_id] -= 1
                self._busy += Counter()  # forgets owners with nothing under way
            self._nudge.set()

    def _try(self, row: AnyRow) -> Attempt | None:
        """Speak to the receiver once; None when its webhook has gone meanwhile."""
        with self.platform.db.read() as conn:
            hook = deliveries.webhook_of(conn, row.id)
        if hook is None:
            return None
        settings = self.platform.settings
        content = policy.body(row.type, str(instant(row.created_at)), row.data, settings.public_url)
        keys = [hook.secret, hook.old_secret] if hook.both_sign else [hook.secret]
        sent = policy.headers(row.message_id, int(time.time()), content, keys)
        sent |= {"Content-Type": "application/json", "User-Agent": "Lectern-Webhooks/1"}
        began = time.monotonic()
        try:
            target = check_public(hook.url, allow_private=settings.allow_private_urls)
            with Exchange(target, time.monotonic() + settings.webhook_timeout_s) as exchange:
                answer = exchange.ask("POST", sent, content)
                spent = time.monotonic() - began
                if not 200 <= answer.status < 300:
                    wish_s = policy.wished_s(answer.headers.get("Retry-After"))
                    return Attempt(answer.status, spent, f"{target.host} answered {answer.status}.", wish_s)
                with suppress(Unavailable):  # it said that all is well; the rest does not matter
                    exchange.read(_READ)
                return Attempt(answer.status, spent)
        except LecternError as error:
            return Attempt(None, time.monotonic() - began, error.message)

    def _conclude(self, row: AnyRow, attempt: Attempt) -> None:
        """Write down what came of it, if the message is still ours."""
        with self.platform.db.write() as conn:
            hook = webhooks.one(conn, row.owner_id, row.webhook_id, lock=True)  # always before a delivery
            held = deliveries.held(conn, row.id, row.lease_id) if hook is not None else None
            if hook is None or held is None:
                emit("webhook.outcome_refused", delivery=row.id)
                return
            values = _outcome(conn, self.platform.settings.webhook_pauses_s, hook, held, attempt)
            kept = [*held.attempts, _noted(conn, attempt)][-_KEPT_ATTEMPTS:]
            deliveries.change(conn, row.id, lease_id=None, attempts=kept, **values)
        emit(
            "webhook.tried",
            delivery=row.id,
            webhook=row.webhook_id,
            status=attempt.status,
            state=values["state"],
            duration_s=round(attempt.duration_s, 3),
        )

    def _insist(self, conclude: Callable[[], None]) -> None:
        """A database that is away for a moment must not make a delivered message be sent again."""
        for pause in (0.5, 2.0, 5.0, None):
            try:
                return conclude()
            except Unavailable:
                if pause is None:
                    raise
                time.sleep(pause)


def _noted(conn: Connection, attempt: Attempt) -> dict[str, Any]:
    about = {"status": attempt.status, "duration_s": round(attempt.duration_s, 3), "error": attempt.error}
    return {"at": instant(webhooks.clock(conn)), **about}


def _outcome(
    conn: Connection, pauses_s: tuple[float, ...], hook: AnyRow, row: AnyRow, attempt: Attempt
) -> dict[str, Any]:
    """Note at the webhook how it fares; returns what becomes of the message."""
    if attempt.verdict is Verdict.DELIVERED:
        webhooks.change(conn, hook.id, failures=0, resume_at=None, error=None, succeeded_at=now_us())
        return {"state": "delivered", "ended_at": now_us()}
    now = webhooks.clock(conn)
    at_once = hook.resume_at is not None and hook.resume_at > now  # failed together with others: one failure
    failures = hook.failures + (0 if at_once else 1)
    rest_us = int(max(attempt.wish_s, policy.rest_s(failures, pauses_s[0])) * SECOND)
    webhooks.change(conn, hook.id, failures=failures, resume_at=now + rest_us, error=attempt.error)
    pause_s = policy.pause_s(row.tries, pauses_s, random.random())  # noqa: S311 - spreads load
    if attempt.verdict is Verdict.GONE:
        webhooks.change(conn, hook.id, enabled=False)
        emit("webhook.disabled", webhook=hook.id)
    if attempt.verdict is Verdict.GONE or pause_s is None:
        return {"state": "failed", "ended_at": now_us()}
    return {"state": "pending", "next_at": now + int(max(pause_s, attempt.wish_s) * SECOND)}
