"""Jobs whose stages leave files, run without child processes, and all that the database knows of one."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.jobs import runs
from app.jobs.model import Claim, Done, Measure, Message
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.stages import reuse
from app.store.models import Artifact, Event, Job, JobMetrics, StageFile, StageRow
from tests.kinds import queue_of
from tests.workers.conftest import upload
from workers.lease import LeaseKeeper
from workers.run import Ended, commit

PIECES = 5
_OF_STAGES = (
    *("name", "chunk", "state", "queue", "after", "waiting_on", "params", "priority", "result", "error"),
    *("failures", "losses", "worker"),
)


def hand_in(platform: Platform, source: Path, kind: str = "fan") -> str:
    return submit(platform, NewJob("local", kind, source=upload(platform, source))).job_id


def done(platform: Platform, claim: Claim) -> Done:
    """What the stage's work comes to: a file, named as an artifact, and for a splitting stage its pieces."""
    with platform.storage.receive() as incoming:
        incoming.write(f"{claim.name} {claim.chunk}".encode())
    digest, size = incoming.digest, incoming.size
    name = f"{claim.name}-{claim.chunk}.txt"
    artifact = {"name": name, "digest": digest, "media_type": "text/plain", "size": size}
    result = {"files": {digest: size}, "artifacts": [artifact], "warnings": [f"made by {claim.name}"]}
    spawn = tuple({"n": n} for n in range(PIECES)) if claim.name == "split" else ()
    return Done(result, Measure(1.0, 0.5, worker="w"), spawn)


def run_one(platform: Platform, message: Message) -> bool | None:
    """As `workers.run` does it, but for the child process; whether the result was taken over."""
    claim = runs.claim(platform, message.job_id, message.stage_id, str(uuid.uuid4()), "w")
    if claim is None:
        return None
    stage = platform.catalogue.kinds[claim.kind].stage(claim.name)
    key = reuse.key(platform.settings, claim, stage, runs.inputs(platform, claim))
    found = reuse.look(platform, claim, key, "w") if key is not None else None
    outcome = found or done(platform, claim)
    commit(platform, Ended(claim, stage, LeaseKeeper(platform, claim), key, outcome))
    return found is not None


def serve(platform: Platform) -> list[bool | None]:
    """Deliver messages until there are none."""
    served = []
    while messages := queue_of(platform).take():
        served += [run_one(platform, message) for message in messages]
    return served


def rows(platform: Platform, job_id: str) -> dict[str, list[Any]]:
    """What the database knows of a job, without its own names, moments and costs."""
    tables: Sequence[tuple[Any, Any, Sequence[str]]] = (
        (Job, Job.id, ("kind", "status", "title", "source", "source_digest", "error", "warnings")),
        (StageRow, StageRow.job_id, _OF_STAGES),
        (StageFile, StageFile.job_id, ("digest",)),
        (Artifact, Artifact.job_id, ("name", "digest", "size", "stage", "owner_id", "media_type")),
        (JobMetrics, JobMetrics.job_id, ("stage", "chunk", "outcome", "owner_id", "worker")),
    )
    found = {}
    with platform.db.read() as conn:
        for table, of_job, names in tables:
            columns = [getattr(table, name) for name in names]
            read = conn.execute(select(*columns).where(of_job == job_id)).all()
            found[table.__tablename__] = sorted((list(row) for row in read), key=repr)
    return found


def told(platform: Platform, job_id: str) -> tuple[list[int], Counter[str]]:
    """The numbers of a job's events, and how often each came, but for claims: nobody claims what is known."""
    with platform.db.read() as conn:
        statement = select(Event.version, Event.type, Event.data).where(Event.job_id == job_id)
        events = conn.execute(statement.order_by(Event.version)).all()
    said = Counter(f"{e.type} {e.data.get('stage')} {e.data.get('chunk')}" for e in events)
    return [e.version for e in events], Counter({k: n for k, n in said.items() if "started" not in k})


def status_of(platform: Platform, job_id: str) -> str:
    with platform.db.read() as conn:
        return str(conn.execute(select(Job.status).where(Job.id == job_id)).scalar_one())


def states(platform: Platform, job_id: str) -> Counter[str]:
    with platform.db.read() as conn:
        return Counter(conn.execute(select(StageRow.state).where(StageRow.job_id == job_id)).scalars())
