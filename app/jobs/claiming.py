"""A stage's claim: one statement where the database can, the same in several where it cannot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from app.jobs.announce import announce
from app.jobs.model import Claim, JobStatus, Json
from app.jobs.platform import Platform
from app.jobs.transition import Change
from app.store import hot, leases
from app.store import jobs as rows
from app.store.database import SECOND, now_us


def claim(platform: Platform, job_id: str, stage_id: int, lease_id: str, worker: str) -> Claim | None:
    """Take a published stage; None means that the message was a double, or came too late.

    Repeating the call with the same `lease_id` gives the same claim, so a lost reply does no harm.
    """
    settings = platform.settings
    asked = {
        "job_id": job_id,
        "stage_id": stage_id,
        "lease_id": lease_id,
        "worker": worker,
        "lease_us": int(settings.lease_s * SECOND),
        "hard_us": int(settings.stage_hard_limit_s * SECOND),
    }
    direct = platform.db.direct
    row = hot.claim(direct, asked) if direct is not None else _claim(platform, asked)
    if row is None:
        return None
    waited = (row.started_at - row.ready_at) / SECOND if row.ready_at else 0.0
    claim = Claim(
        job_id=job_id,
        stage_id=stage_id,
        owner_id=row.owner_id,
        kind=row.kind,
        name=row.name,
        chunk=row.chunk,
        lease_id=lease_id,
        failures=row.failures,
        losses=row.losses,
        title=row.title,
        job_params=row.job_params,
        stage_params=row.params,
        source=row.source,
        deck=row.deck,
        queue_wait_s=max(0.0, waited),
        version=row.version,
    )
    if platform.catalogue.kinds[claim.kind].stage(claim.name).heavy:
        announce_start(platform, claim)
    return claim


def announce_start(platform: Platform, claim: Claim) -> None:
    """Of a light stage only its first heartbeat tells this: most end before, and their end tells more."""
    announce(platform, Change(claim.job_id, claim.owner_id, claim.version, JobStatus.RUNNING))


def _claim(platform: Platform, asked: Json) -> Any:
    """What `hot.claim` does, for a database without functions."""
    with platform.db.write() as conn:
        stage = leases.claim(conn, **asked)
        if stage is None:
            return None
        job = rows.lock_job(conn, asked["job_id"])
        assert job is not None
        values: Json = {"status": JobStatus.RUNNING.value}
        if job.started_at is None:
            values["started_at"] = now_us()
        version = rows.bump_job(conn, job.id, values)
        data = {"stage": stage.name, "chunk": stage.chunk, "worker": asked["worker"], "status": "running"}
        event = {"job_id": job.id, "owner_id": job.owner_id, "version": version, "at": now_us()}
        rows.insert_events(conn, [event | {"type": "stage.started", "data": data}])
    about = {"version": version, "kind": job.kind, "title": job.title, "job_params": job.params}
    return SimpleNamespace(**stage._mapping, **about, source=job.source, deck=job.deck)
