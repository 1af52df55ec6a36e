"""An owner's webhooks: added, changed, given new secrets, tried out; and messages sent once more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.errors import Conflict, NotFound
from app.jobs.webhooks import outbox, policy
from app.store import accounts, deliveries, webhooks
from app.store.database import SECOND, AnyRow, Database, now_us

MOST = 20  # of one owner: each costs a row for every job that ends


@dataclass(frozen=True)
class Added:
    webhook: AnyRow
    secret: str  # shown this once


def owned(conn: Connection, owner_id: str, webhook_id: str, *, lock: bool = False) -> AnyRow:
    row = webhooks.one(conn, owner_id, webhook_id, lock=lock)
    if row is None:
        raise NotFound("There is no such webhook.")
    return row


def add(db: Database, owner_id: str, *, url: str, events: Sequence[str], label: str) -> Added:
    """A webhook that is told from now on. The caller has checked the URL; each sending checks it again."""
    with db.write() as conn:
        accounts.lock_owner(conn, owner_id)  # else two at once would both find room
        return _add(conn, owner_id, url, events, label)


def _add(conn: Connection, owner_id: str, url: str, events: Sequence[str], label: str) -> Added:
    if webhooks.count(conn, owner_id) >= MOST:
        raise Conflict(f"There are {MOST} webhooks already, which is as many as an account has.")
    webhook_id, secret = f"whk_{uuid.uuid4().hex[:24]}", policy.new_secret()
    about = {"url": url, "events": list(events), "label": label, "secret": secret}
    webhooks.add(conn, id=webhook_id, owner_id=owner_id, enabled=True, **about)
    return Added(owned(conn, owner_id, webhook_id), secret)


def at(conn: Connection, owner_id: str, url: str) -> str:
    """Id of the owner's webhook at this address. A new one is told only of the jobs that name it; `rotate`
    shows a secret for it. Raises Conflict when it is disabled, or there are too many."""
    found = webhooks.at(conn, owner_id, url)
    if found is None:
        accounts.lock_owner(conn, owner_id)  # else two at once would each make one
        found = webhooks.at(conn, owner_id, url)
    if found is None:
        found = _add(conn, owner_id, url, (), "").webhook
    elif not found.enabled:
        raise Conflict("The webhook at this address is disabled: enable it first.")
    return str(found.id)


def change(db: Database, owner_id: str, webhook_id: str, values: dict[str, Any]) -> AnyRow:
    """Set url, events, label or enabled. A new address, or enabling it, forgets earlier failures."""
    if "url" in values or values.get("enabled"):
        values = {**values, "failures": 0, "resume_at": None, "error": None}
    with db.write() as conn:
        owned(conn, owner_id, webhook_id, lock=True)
        if values:
            webhooks.change(conn, webhook_id, **values)
        return owned(conn, owner_id, webhook_id)


def rotate(db: Database, owner_id: str, webhook_id: str, grace_s: float) -> Added:
    """A new secret; for `grace_s` the old one signs beside it, so that receivers change in their time."""
    secret = policy.new_secret()
    with db.write() as conn:
        row = owned(conn, owner_id, webhook_id, lock=True)
        old_until = now_us() + int(grace_s * SECOND)
        webhooks.change(conn, webhook_id, secret=secret, old_secret=row.secret, old_until=old_until)
        return Added(owned(conn, owner_id, webhook_id), secret)


def remove(db: Database, owner_id: str, webhook_id: str) -> None:
    with db.write() as conn:
        owned(conn, owner_id, webhook_id, lock=True)
        webhooks.remove(conn, webhook_id)


def test(db: Database, owner_id: str, webhook_id: str) -> AnyRow:
    """Send a message of the type `webhook.test` by the way that all others take. Returns its delivery."""
    with db.write() as conn:
        _speaking(conn, owner_id, webhook_id)
        message = outbox.delivery(
            webhook_id, owner_id, outbox.new_message_id(), policy.TEST, {"webhook": webhook_id}
        )
        deliveries.add(conn, [message])
        return _delivery(conn, webhook_id, message["id"])


def replay(db: Database, owner_id: str, webhook_id: str, delivery_id: str) -> AnyRow:
    """Send one message again, delivered or not, under its old id. Returns its delivery."""
    with db.write() as conn:
        _speaking(conn, owner_id, webhook_id)
        _delivery(conn, webhook_id, delivery_id)
        deliveries.again(conn, delivery_id)
        return _delivery(conn, webhook_id, delivery_id)


def replay_failed(db: Database, owner_id: str, webhook_id: str, since_us: int) -> int:
    """Send again all that failed for good and happened since then; returns how many."""
    with db.write() as conn:
        _speaking(conn, owner_id, webhook_id)
        return deliveries.failed_again(conn, webhook_id, since_us)


def _speaking(conn: Connection, owner_id: str, webhook_id: str) -> None:
    """Lock an enabled webhook, and let it be spoken to at once: whoever asks for it wants to know now."""
    if not owned(conn, owner_id, webhook_id, lock=True).enabled:
        raise Conflict("This webhook is disabled: enable it first.")
    webhooks.change(conn, webhook_id, resume_at=None)


def _delivery(conn: Connection, webhook_id: str, delivery_id: str) -> AnyRow:
    row = deliveries.one(conn, webhook_id, delivery_id)
    if row is None:
        raise NotFound("There is no such delivery.")
    return row
