"""validate → persist (one transaction) → publish after commit. `submit_many` is the only path in."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.errors import BadInput, IdempotencyMismatch
from app.jobs.admission import WAITING
from app.jobs.announce import let_in, publish_ready
from app.jobs.lifecycle import StageView, settle
from app.jobs.limits import LIMITED
from app.jobs.model import PRIORITIES, JobStatus, Json, Kind, Stage, StageState
from app.jobs.platform import Platform
from app.store import accounts, files, schedule
from app.store import jobs as rows
from app.store.database import AnyRow


@dataclass(frozen=True)
class Upload:
    """A source that the owner uploaded before."""

    upload_id: str


@dataclass(frozen=True)
class Link:
    """A source that the first stage fetches."""

    url: str


@dataclass(frozen=True)
class NewJob:
    """A parsed request. Raises nothing; `submit_many` validates it against the catalogue."""

    owner_id: str
    kind: str
    params: Json = field(default_factory=dict)
    source: Upload | Link | None = None
    deck: Upload | Link | None = None
    title: str = ""
    priority: str = "normal"
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Submitted:
    job_id: str
    created: bool  # False: an earlier request with this Idempotency-Key made it


def submit(platform: Platform, command: NewJob) -> Submitted:
    return submit_many(platform, [command])[0]


def submit_many(platform: Platform, commands: Sequence[NewJob]) -> list[Submitted]:
    """Persist all jobs or none. Raises BadInput naming the field, or IdempotencyMismatch."""
    checked = [_check(platform, command) for command in commands]
    try:
        persisted = _commit(platform, checked)
    except IntegrityError:  # the same Idempotency-Key was committed by another request meanwhile
        persisted = _commit(platform, checked)
    if persisted.ready:
        publish_ready(platform, persisted.ready)
    for owner_id in persisted.limited:
        let_in(platform, owner_id)
    return persisted.submitted


def submit_scheduled(platform: Platform, owner_id: str, kind: Kind, period_s: float) -> str | None:
    """Make the job of the schedule's present slot; None when another beat has made it already."""
    with platform.db.write() as conn:
        persisted = persist(conn, [(NewJob(owner_id, kind.name), kind, kind.check({}))])
        job_id = persisted.submitted[0].job_id
        if not schedule.take_slot(conn, kind.name, period_s, job_id):
            conn.rollback()
            return None
    publish_ready(platform, persisted.ready)
    return job_id


def _check(platform: Platform, command: NewJob) -> tuple[NewJob, Kind, Json]:
    kind = platform.catalogue.kinds.get(command.kind)
    if kind is None or kind.internal:
        known = ", ".join(sorted(k for k, v in platform.catalogue.kinds.items() if not v.internal))
        raise BadInput(f"There is no kind of job named “{command.kind}”; there is: {known}.", field="kind")
    if command.priority not in PRIORITIES:
        raise BadInput(f"The priority must be one of {', '.join(PRIORITIES)}.", field="priority")
    if kind.needs_source and command.source is None:
        raise BadInput("A recording is needed: a file, an upload or a url.", field="source")
    if command.deck is not None and not kind.takes_deck:
        raise BadInput(f"A job of the kind “{kind.name}” takes no deck.", field="deck")
    if command.idempotency_key is not None and not 1 <= len(command.idempotency_key) <= 255:
        raise BadInput("An Idempotency-Key has 1 to 255 characters.", field="Idempotency-Key")
    if len(command.title) > 300:
        raise BadInput("A title has at most 300 characters.", field="title")
    for name, text in (("title", command.title), ("Idempotency-Key", command.idempotency_key or "")):
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            raise BadInput("Control characters are not allowed here.", field=name)
    return command, kind, kind.check(command.params)


Checked = tuple[NewJob, Kind, Json]


@dataclass(frozen=True)
class Persisted:
    """What became of each command, the stages that are ready, and owners whose jobs must be admitted."""

    submitted: list[Submitted]
    ready: list[int]
    limited: list[str]


def _commit(platform: Platform, checked: Sequence[Checked]) -> Persisted:
    with platform.db.write() as conn:
        return persist(conn, checked)


def persist(conn: Connection, checked: Sequence[Checked]) -> Persisted:
    """Write the rows of checked commands."""
    at = rows.now(conn)
    limited = accounts.limited(conn, {command.owner_id for command, _, _ in checked}, LIMITED)
    sources = [_resolve(conn, c.owner_id, c.source, "upload") for c, _, _ in checked]
    decks = [_resolve(conn, c.owner_id, c.deck, "deck") for c, _, _ in checked]
    prints = [
        _fingerprint(command, params, source, deck)
        for (command, _, params), source, deck in zip(checked, sources, decks, strict=True)
    ]
    earlier = _earlier(conn, [command for command, _, _ in checked])
    submitted: list[Submitted] = []
    jobs: list[Json] = []
    stages: list[Json] = []
    for (command, kind, params), source, deck, mark in zip(checked, sources, decks, prints, strict=True):
        same = earlier.get((command.owner_id, command.idempotency_key or ""))
        if same is not None:
            if same.idempotency_fingerprint != mark:
                raise IdempotencyMismatch(
                    "This Idempotency-Key was already used for another request.", field="Idempotency-Key"
                )
            submitted.append(Submitted(same.id, created=False))
            continue
        admission = WAITING if command.owner_id in limited else None
        job = _job_row(command, params, source, mark, at) | {"admission": admission}
        job |= {"deck": deck or None, "deck_digest": deck.get("digest")}
        jobs.append(job)
        stages += _stage_rows(kind, job, at)
        submitted.append(Submitted(job["id"], created=True))
    if not jobs:
        return Persisted(submitted, [], [])
    rows.insert_jobs(conn, jobs)
    ids = rows.insert_stages(conn, stages)
    rows.insert_events(conn, [_first_event(job, at) for job in jobs])
    ready = [i for i, s in zip(ids, stages, strict=True) if s["state"] == StageState.READY]
    return Persisted(submitted, ready, sorted(limited))


def _earlier(conn: Connection, commands: Sequence[NewJob]) -> dict[tuple[str, str], AnyRow]:
    """Jobs that earlier requests made under the same owner and Idempotency-Key."""
    keys: dict[str, list[str]] = {}
    for command in commands:
        if command.idempotency_key:
            keys.setdefault(command.owner_id, []).append(command.idempotency_key)
    return {
        (owner_id, key): row
        for owner_id, wanted in keys.items()
        for key, row in rows.by_idempotency_keys(conn, owner_id, wanted).items()
    }


def _first_event(job: Json, at: int) -> Json:
    about = {"job_id": job["id"], "owner_id": job["owner_id"], "version": 1, "at": at}
    return about | {"type": "job.queued", "data": {"status": "queued"}}


def _resolve(conn: Connection, owner_id: str, given: Upload | Link | None, field: str) -> Json:
    """A source as it is kept with the job; raises BadInput for an upload that is not the owner's."""
    if not isinstance(given, Upload):
        return {"url": given.url} if given else {}
    row = files.upload(conn, given.upload_id, owner_id)
    if row is None:
        raise BadInput("There is no such upload (any more).", field=field)
    files.touch(conn, row.digest, row.size)  # collection must not take it while this is not committed
    return {"digest": row.digest, "filename": row.filename, "size": row.size}


def _fingerprint(command: NewJob, params: Json, source: Json, deck: Json) -> str:
    parts = [command.kind, params, source, command.title, command.priority, *([deck] if deck else [])]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _job_row(command: NewJob, params: Json, source: Json, mark: str, at: int) -> Json:
    return {
        "id": f"job_{uuid.uuid4().hex}",
        "owner_id": command.owner_id,
        "kind": command.kind,
        "status": JobStatus.QUEUED.value,
        "version": 1,
        "title": command.title or source.get("filename", ""),
        "params": params,
        "source": source,
        "source_digest": source.get("digest"),
        "priority": PRIORITIES[command.priority],
        "idempotency_key": command.idempotency_key,
        "idempotency_fingerprint": mark if command.idempotency_key else None,
        "warnings": [],
        "created_at": at,
    }


def _stage_rows(kind: Kind, job: Json, at: int) -> list[Json]:
    static = [s for s in kind.stages if s.spawned_by is None and (job["deck"] or not s.of_deck)]
    views = [StageView(i, s.name, StageState.WAITING, s.after) for i, s in enumerate(static)]
    start = settle(JobStatus.QUEUED, views, admitted=job["admission"] is None).stages
    made = []
    for i, stage in enumerate(static):
        state, waiting_on = start.get(i, (StageState.WAITING, 0))
        row = stage_row(job["id"], job["owner_id"], job["priority"], stage, chunk=0, params={})
        ready_at = at if state is StageState.READY else None
        row |= {"state": state.value, "waiting_on": waiting_on, "ready_at": ready_at, "run_at": ready_at}
        made.append(row)
    return made


def stage_row(job_id: str, owner_id: str, priority: int, stage: Stage, *, chunk: int, params: Json) -> Json:
    """A row for a stage of the catalogue, waiting."""
    return {
        "job_id": job_id,
        "owner_id": owner_id,
        "name": stage.name,
        "chunk": chunk,
        "queue": stage.queue,
        "after": [[edge.parent, edge.required] for edge in stage.after],
        "state": StageState.WAITING.value,
        "waiting_on": 0,
        "params": params,
        "priority": priority,
    }
