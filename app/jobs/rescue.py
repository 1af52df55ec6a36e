"""Takes stages back from the dead: at once where one can see that they are, else when their lease is over."""

from __future__ import annotations

from app.errors import Unavailable
from app.jobs import holder, runs
from app.jobs.announce import announce
from app.jobs.limits import loss_pause_s
from app.jobs.platform import Platform
from app.store import jobs as rows
from app.store import leases
from app.store.database import SECOND, AnyRow
from app.telemetry import emit, problem


def of_the_dead(platform: Platform) -> int:
    """Take back what processes of this machine held that have ended; returns how much.

    Each worker's main process may do so at any time: none of them can be alive and merely out of reach.
    """
    with platform.db.read() as conn:
        held = leases.held_at(conn, holder.here())
    return sum(_take_back(platform, row, dead=True) for row in held if holder.is_dead(row.lease_id))


def of_the_silent(platform: Platform, most: int) -> int:
    """Take back at most `most` stages whose worker has not been heard of for a lease; returns how many.

    For the steward alone, who knows that they could have been heard of.
    """
    with platform.db.read() as conn:
        overdue = leases.expired(conn, most)
    return sum(_take_back(platform, row, dead=False) for row in overdue)


def _take_back(platform: Platform, row: AnyRow, *, dead: bool) -> bool:
    """One stage; a row that cannot be handled now never holds up the others."""
    try:
        with platform.db.write() as conn:
            job = rows.lock_job(conn, row.job_id, wait=False)  # a frozen client may hold it for long
            if job is None or not leases.still_held(conn, row.id, row.lease_id, overdue=not dead):
                return False
            stage = rows.stage(conn, row.id, lock=True)
            assert stage is not None
            # Who has waited for the lease to end has waited enough.
            pause_s = loss_pause_s(stage.losses + 1, platform.settings.lease_s) if dead else 0.0
            change = runs.lost(platform, conn, job, stage, pause_s)
    except Unavailable:
        return False
    except Exception:  # noqa: BLE001 - one bad row must not end every round at the same place
        problem("stage.rescue_failed", job=row.job_id, stage=row.id)
        if not dead:
            _put_off(platform, row)
        return False
    announce(platform, change, publish=dead)  # the silent's the steward publishes in the same round
    emit("stage.rescued", job=row.job_id, stage=stage.name, losses=stage.losses + 1, dead=dead)
    return True


def _put_off(platform: Platform, row: AnyRow) -> None:
    """What cannot be rescued stands behind all others in the next rounds."""
    try:
        with platform.db.write() as conn:
            leases.put_off(conn, row.id, row.lease_id, int(platform.settings.lease_s * SECOND))
    except Unavailable:
        return  # it is looked at again in the next round
