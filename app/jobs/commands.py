"""What comes in: commands, what has become of them, and the rows of a new job."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field

from app.jobs.model import PRIORITIES, JobStatus, Json, Kind, Message


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
    group_id: str | None = None
    webhook_url: str | None = None  # is told of this job's end


Checked = tuple[NewJob, Kind, Json]


@dataclass(frozen=True)
class Submitted:
    job_id: str
    created: bool  # False: an earlier request with this Idempotency-Key made it


@dataclass(frozen=True)
class Persisted:
    """What became of each command, the stages that are ready, and owners whose jobs must be admitted."""

    submitted: list[Submitted]
    ready: list[int]
    limited: list[str]
    made: list[tuple[Json, list[Json]]]  # new jobs with their stages, as they were written
    messages: list[Message] = field(default_factory=list)  # of stages that were written as published


def new_ids(count: int) -> list[str]:
    """Ascending, so that a batch keeps its order."""
    return sorted(f"job_{uuid.uuid4().hex}" for _ in range(count))


def fingerprint(command: NewJob, params: Json, source: Json, deck: Json) -> str:
    parts = [command.kind, params, source, command.title, command.priority, *([deck] if deck else [])]
    if command.webhook_url is not None:
        parts.append({"webhook_url": command.webhook_url})
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def job_row(
    job_id: str,
    command: NewJob,
    params: Json,
    source: Json,
    deck: Json,
    mark: str | None,
    at: int,
    admission: str | None,
) -> Json:
    return {
        "id": job_id,
        "owner_id": command.owner_id,
        "kind": command.kind,
        "status": JobStatus.QUEUED.value,
        "version": 1,
        "title": command.title or source.get("filename", ""),
        "params": params,
        "source": source,
        "source_digest": source.get("digest"),
        "deck": deck or None,
        "deck_digest": deck.get("digest"),
        "group_id": command.group_id,
        "webhook_id": None,
        "priority": PRIORITIES[command.priority],
        "admission": admission,
        "idempotency_key": command.idempotency_key,
        "idempotency_fingerprint": mark,
        "warnings": [],
        "created_at": at,
    }


def first_event(job: Json, at: int) -> Json:
    about = {"job_id": job["id"], "owner_id": job["owner_id"], "version": 1, "at": at}
    return about | {"type": "job.queued", "data": {"status": "queued"}}
