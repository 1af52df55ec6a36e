"""Following one job, by a long poll or an event stream. No thread, no socket here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from app.errors import BadInput
from app.http import parsing, presenting
from app.http.following import Found, frame
from app.http.schemas_following import EventsQuery
from app.jobs import status
from app.jobs.model import ENDED_JOB, JobStatus
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import reading

_PAGE = 500


def ended(document: dict[str, Any]) -> bool:
    return JobStatus(document["status"]) in ENDED_JOB


class JobFollower:
    """Remembers what its listener was told; each `step` gives the frames that are new.

    `change` events carry the job's version as id and come from the primary, each exactly once and in
    order; `progress` has no id and may skip; `end` is the last.
    """

    look_s = math.inf  # every change is told

    def __init__(self, platform: Platform, owner_id: str, job_id: str, last_version: int) -> None:
        self._platform = platform
        self._owner_id = owner_id
        self._job_id = job_id
        self._last = last_version
        self._progress: Any = None
        self.over = False

    def step(self, since: float) -> list[bytes]:
        document = status.read(self._platform, self._owner_id, self._job_id)
        frames = self._changes() if document["version"] > self._last else []
        if ended(document):
            self.over = self._last >= document["version"]
            if self.over:
                last = {"status": document["status"], "error": document["error"]}
                frames.append(frame("end", last))
            return frames
        progress = _progress(document)
        if progress != self._progress:
            self._progress = progress
            frames.append(frame("progress", progress))
        return frames

    def _changes(self) -> list[bytes]:
        frames = []
        while True:
            with self._platform.db.read() as conn:
                rows = reading.events_after(conn, self._job_id, self._last, _PAGE)
            for row in rows:
                about = {"type": row.type, "version": row.version, "at": instant(row.at)}
                frames.append(frame("change", about | row.data, row.version))
                self._last = row.version
            if len(rows) < _PAGE:
                return frames


def _progress(document: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "name", "chunk", "state", "progress", "note")
    stages = [{k: stage[k] for k in names if k in stage} for stage in document["stages"]]
    place: dict[str, Any] = {
        k: document[k] for k in ("queue_position", "estimated_start_at", "paused") if k in document
    }
    return {"status": document["status"], "progress": document["progress"], **place, "stages": stages}


class JobPoll:
    """Waits while the job lives and is at the version that is known; without one, until it has ended."""

    look_s = math.inf  # every change is told

    def __init__(
        self, platform: Platform, owner_id: str, job_id: str, version: int | None, known: str | None
    ) -> None:
        """`known`: the If-None-Match of the request."""
        self._platform, self._owner_id, self._job_id = platform, owner_id, job_id
        self._known = version if version is not None else presenting.etag_version(known)

    def look(self, since: float) -> Found:
        return status.answer(self._platform, self._owner_id, self._job_id)

    def waits(self, found: Found) -> bool:
        document = json.loads(found[1])
        return not ended(document) and self._known in (None, document["version"])


def last_event_id(header: str | None, args: Iterable[tuple[str, str]]) -> int | None:
    """Where a stream resumes; the header wins, since a browser sends it when it reconnects by itself."""
    asked = parsing.query(EventsQuery, args)
    if header is None:
        return asked.last_event_id
    if not (header.isascii() and header.isdecimal() and len(header) < 19):
        raise BadInput("The last event's id must be a number that an event had.", field="Last-Event-ID")
    return int(header)
