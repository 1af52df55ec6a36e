"""Results kept for reuse, and the mark that one is being made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from app.store.database import SECOND, AnyRow, now_us
from app.store.files import upsert
from app.store.models import Result, ResultFile, StageRow

_FRESH_US = 3600 * SECOND  # how exactly it is known when a result was last used: results live for days


def find_or_reserve(
    conn: Connection, key: str, owner_id: str, stage: str, stage_id: int, lease_id: str
) -> tuple[AnyRow | None, bool]:
    """(finished result, False), (None, True): ours to make, or (None, False): another run makes it.

    A reservation counts only while its maker still holds the lease that it was made under.
    """
    insert = upsert(conn, Result).values(
        key=key, owner_id=owner_id, stage=stage, stage_id=stage_id, lease_id=lease_id, used_at=now_us()
    )
    made = conn.execute(insert.on_conflict_do_nothing().returning(Result.key)).one_or_none()
    if made is not None:
        return None, True
    kept = select(Result.__table__).where(Result.key == key)
    row = conn.execute(kept.with_for_update(key_share=True)).one_or_none()
    if row is None:  # collected in between: rare, and making it again is always right
        return None, True
    if row.result is not None:
        conn.execute(update(Result).where(Result.key == key).values(used_at=now_us()))
        return row, False
    alive = exists().where(
        StageRow.id == Result.stage_id, StageRow.lease_id == Result.lease_id, StageRow.state == "running"
    )
    taken = conn.execute(
        update(Result)
        .where(Result.key == key, or_(Result.stage_id == stage_id, ~alive))
        .values(stage_id=stage_id, lease_id=lease_id)
        .returning(Result.key)
    ).one_or_none()
    return None, taken is not None


def recall(conn: Connection, keys: Collection[str]) -> list[AnyRow]:
    """Finished results (key, result, spawn) of these keys; nobody can drop them before our transaction ends.

    Waits for nobody: who leads a job on holds many, and two that wait could wait for each other. One that is
    being dropped counts as not there.
    """
    if not keys:
        return []
    wanted = Result.key.in_(keys)
    held = select(Result.key, Result.result, Result.spawn).where(wanted, Result.result.is_not(None))
    found = conn.execute(held.with_for_update(read=True, key_share=True, skip_locked=True)).all()
    faded = (
        select(Result.key)
        .where(wanted, Result.used_at < now_us() - _FRESH_US)
        .with_for_update(key_share=True, skip_locked=True)  # else somebody renews it just now
    )
    conn.execute(update(Result).where(Result.key.in_(faded)).values(used_at=now_us()))
    return list(found)


def keep(conn: Connection, key: str, lease_id: str, result: Any, spawn: Any, digests: Iterable[str]) -> None:
    """Store what the holder of the reservation made; a lost reservation keeps nothing."""
    statement = (
        update(Result)
        .where(Result.key == key, Result.lease_id == lease_id, Result.result.is_(None))
        .values(result=result, spawn=spawn, stage_id=None, lease_id=None, used_at=now_us())
        .returning(Result.key)
    )
    if conn.execute(statement).one_or_none() is None:
        return
    for digest in sorted(set(digests)):
        conn.execute(upsert(conn, ResultFile).values(key=key, digest=digest).on_conflict_do_nothing())


def is_kept(conn: Connection, key: str) -> bool:
    """Does a finished result lie under this key?"""
    statement = select(Result.key).where(Result.key == key, Result.result.is_not(None))
    return conn.execute(statement).one_or_none() is not None


def give_up(conn: Connection, key: str, lease_id: str) -> None:
    """The run that reserved this key failed: the next may try."""
    conn.execute(delete(Result).where(Result.key == key, Result.lease_id == lease_id))


def drop(conn: Connection, key: str) -> None:
    """A kept result turned out to be unusable (its files are gone)."""
    conn.execute(delete(Result).where(Result.key == key))


def expire(conn: Connection, older_than_us: int) -> int:
    """Forget results that nobody used for so long; returns how many."""
    return conn.execute(delete(Result).where(Result.used_at < now_us() - older_than_us)).rowcount
