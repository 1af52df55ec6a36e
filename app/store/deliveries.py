"""The outbox: messages to webhooks, written with what they tell of, taken by senders under a lease.

A pending row is due at `next_at`. Who takes it moves that on by the length of a lease and puts a
`lease_id` there; so what a dead sender held is due again by itself, and only the holder may conclude.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from app.store.database import AnyRow, now_us
from app.store.models import Delivery, Webhook


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New messages, due at once."""
    fresh = {"state": "pending", "next_at": now_us(), "attempts": [], "created_at": now_us()}
    conn.execute(insert(Delivery).values([{**row, **fresh} for row in rows]))


def _due() -> Any:
    """Webhooks that may be spoken to now and have something to be told."""
    something = and_(
        Delivery.webhook_id == Webhook.id, Delivery.state == "pending", Delivery.next_at <= now_us()
    )
    resting = and_(Webhook.resume_at.is_not(None), Webhook.resume_at > now_us())
    return and_(Webhook.enabled, ~resting, exists().where(something))


def anything_due(conn: Connection) -> bool:
    return conn.execute(select(Webhook.id).where(_due()).limit(1)).one_or_none() is not None


def take(
    conn: Connection, *, lease_us: int, each: int, limit: int, spare: Collection[str] = ()
) -> list[AnyRow]:
    """Take at most `limit` due messages, of no webhook more than `each` at a time (in all senders; one
    alone while it is failing), none of the owners in `spare`. The webhook's row is the lock."""
    hooks = select(Webhook.id, Webhook.failures).where(_due(), Webhook.owner_id.not_in(spare))
    hooks = hooks.order_by(func.random()).limit(limit)
    hooks = hooks.with_for_update(skip_locked=True, key_share=True)  # jobs may end meanwhile
    taken: list[AnyRow] = []
    for hook in conn.execute(hooks).all():
        room = (1 if hook.failures else each) - _under_way(conn, hook.id)
        room = min(room, limit - len(taken))
        if room > 0:
            taken += _take(conn, hook.id, room, lease_us)
    return taken


def _under_way(conn: Connection, webhook_id: str) -> int:
    held = and_(Delivery.state == "pending", Delivery.lease_id.is_not(None), Delivery.next_at > now_us())
    statement = select(func.count()).select_from(Delivery).where(Delivery.webhook_id == webhook_id, held)
    return int(conn.execute(statement).scalar_one())


def _take(conn: Connection, webhook_id: str, room: int, lease_us: int) -> Sequence[AnyRow]:
    ripe = [Delivery.webhook_id == webhook_id, Delivery.state == "pending", Delivery.next_at <= now_us()]
    first = select(Delivery.id).where(*ripe).order_by(Delivery.next_at, Delivery.id).limit(room)
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(first), *ripe)
        .values(lease_id=str(uuid.uuid4()), next_at=now_us() + lease_us, tries=Delivery.tries + 1)
        .returning(*Delivery.__table__.columns)
    )
    return conn.execute(statement).all()


def webhook_of(conn: Connection, delivery_id: str) -> AnyRow | None:
    """(url, secrets, …) of the webhook that a message is for; None when it was removed or disabled."""
    both_sign = (Webhook.old_until > now_us()).label("both_sign")
    statement = select(Webhook.url, Webhook.secret, Webhook.old_secret, both_sign)
    statement = statement.join(Delivery, Delivery.webhook_id == Webhook.id)
    return conn.execute(statement.where(Delivery.id == delivery_id, Webhook.enabled)).one_or_none()


def held(conn: Connection, delivery_id: str, lease_id: str) -> AnyRow | None:
    """The message, locked, if this lease still holds it; None: somebody else took it, or it is gone."""
    statement = select(Delivery.__table__).where(
        Delivery.id == delivery_id, Delivery.lease_id == lease_id, Delivery.state == "pending"
    )
    return conn.execute(statement.with_for_update()).one_or_none()


def change(conn: Connection, delivery_id: str, **values: Any) -> None:
    conn.execute(update(Delivery).where(Delivery.id == delivery_id).values(**values))


def one(conn: Connection, webhook_id: str, delivery_id: str) -> AnyRow | None:
    statement = select(Delivery.__table__).where(Delivery.id == delivery_id)
    return conn.execute(statement.where(Delivery.webhook_id == webhook_id)).one_or_none()


def page(
    conn: Connection, webhook_id: str, state: str | None, before: tuple[int, str] | None, limit: int
) -> Sequence[AnyRow]:
    """Newest first, after the position `before` (created_at, id)."""
    statement = select(Delivery.__table__).where(Delivery.webhook_id == webhook_id)
    if state is not None:
        statement = statement.where(Delivery.state == state)
    if before is not None:
        at, row_id = before
        later = and_(Delivery.created_at == at, Delivery.id < row_id)
        statement = statement.where(or_(Delivery.created_at < at, later))
    ordered = statement.order_by(Delivery.created_at.desc(), Delivery.id.desc())
    return conn.execute(ordered.limit(limit)).all()


_AGAIN: Mapping[str, Any] = {"state": "pending", "tries": 0, "lease_id": None, "ended_at": None}


def again(conn: Connection, delivery_id: str) -> None:
    """From the first try on, now."""
    change(conn, delivery_id, next_at=now_us(), **_AGAIN)


def failed_again(conn: Connection, webhook_id: str, since_us: int) -> int:
    """The same for all that failed for good and was written since then; returns how many."""
    statement = (
        update(Delivery)
        .where(Delivery.webhook_id == webhook_id, Delivery.state == "failed", Delivery.created_at >= since_us)
        .values(next_at=now_us(), **_AGAIN)
    )
    return conn.execute(statement).rowcount


def expire(conn: Connection, *, pending_us: int, ended_us: int) -> tuple[int, int]:
    """Give up what nobody took for so long, forget what ended so long ago; returns how many of each."""
    old = and_(Delivery.state == "pending", Delivery.created_at < now_us() - pending_us)
    given_up = update(Delivery).where(old, Delivery.next_at <= now_us())
    given_up = given_up.values(state="failed", lease_id=None, ended_at=now_us())
    forgotten = delete(Delivery).where(Delivery.ended_at < now_us() - ended_us)
    return conn.execute(given_up).rowcount, conn.execute(forgotten).rowcount
