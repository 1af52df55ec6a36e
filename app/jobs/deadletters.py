"""Dead letters: jobs that failed for good, why, and how to send them on their way again."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Conflict, NotFound
from app.jobs import control
from app.jobs.model import Json
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import dead
from app.store.database import AnyRow
from app.store.dead import Sieve

_PER_REPLAY = 500  # jobs; bounds a request, the rest is said


@dataclass(frozen=True)
class Replayed:
    jobs: list[str]
    left: int  # dead letters that the sieve still finds


def look(
    platform: Platform, sieve: Sieve, *, before: tuple[int, int] | None = None, limit: int = 50
) -> list[AnyRow]:
    """One row a stage that failed, newest first, after the position `before` (ended_at, stage id)."""
    with platform.db.read() as conn:
        return list(dead.letters(conn, sieve, before, limit))


def document(row: AnyRow) -> Json:
    """A dead letter as JSON: with the last log lines, which are about its owner's own file."""
    return {
        "job_id": row.job_id,
        "kind": row.kind,
        "title": row.title,
        "stage": row.name,
        "chunk": row.chunk,
        "code": row.error["code"],
        "reason": row.error["message"],
        "digest": row.error["digest"],
        "log": row.error.get("log"),
        "failures": row.failures,
        "losses": row.losses,
        "worker": row.worker,
        "died_at": instant(row.ended_at),
    }


def replay(platform: Platform, sieve: Sieve) -> Replayed:
    """Run the jobs behind the letters again from where they failed; at most 500 a call."""
    with platform.db.read() as conn:
        found = dead.jobs(conn, sieve, _PER_REPLAY)
    sent = []
    for row in found:
        try:
            control.retry(platform, row.owner_id, row.id)
        except (Conflict, NotFound):
            continue  # somebody was quicker
        sent.append(row.id)
    with platform.db.read() as conn:
        return Replayed(sent, dead.count(conn, sieve))
