"""Following one job: what an event stream or a long poll has to say next. No thread, no socket here."""

from __future__ import annotations

import json
from typing import Any

from app.errors import NotFound
from app.http import presenting
from app.jobs import status
from app.jobs.model import ENDED_JOB, JobStatus
from app.jobs.platform import Platform
from app.jobs.status import instant
from app.store import reading

KEEP_ALIVE_S = 15.0  # proxies cut silent connections after 30 to 60 s
KEEP_ALIVE = b": still here\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # Nginx would hold events back to fill its buffer
}
_PAGE = 500


def ended(document: dict[str, Any]) -> bool:
    return JobStatus(document["status"]) in ENDED_JOB


def frame(event: str, data: Any, event_id: int | None = None) -> bytes:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class Follower:
    """Remembers what its listener was told; each `step` gives the frames that are new.

    `change` events carry the job's version as id and come from the primary, each exactly once and in
    order; `progress` has no id and may skip; `end` is the last.
    """

    def __init__(self, platform: Platform, owner_id: str, job_id: str, last_version: int) -> None:
        self._platform = platform
        self._owner_id = owner_id
        self._job_id = job_id
        self._last = last_version
        self._progress: Any = None
        self.over = False

    def step(self) -> list[bytes]:
        """Blocks on cache or database. Raises NotFound (at the start) or Unavailable (try again)."""
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

    def later_step(self) -> list[bytes]:
        """As `step`, for a stream that has begun: a job deleted meanwhile is an end, not an error."""
        try:
            return self.step()
        except NotFound:
            self.over = True
            return [frame("end", {"status": "deleted", "error": None})]

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


def matches(if_none_match: str | None, tag: str) -> bool:
    known = [t.strip().removeprefix("W/") for t in (if_none_match or "").split(",")]
    return tag in known or "*" in known


class Reply:
    """Answer to GET of a job: shared by Flask and the edge, so that both say the same."""

    def __init__(self, tag: str, content: bytes, if_none_match: str | None) -> None:
        self.headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
        }
        self.unchanged = matches(if_none_match, tag)
        if not self.unchanged:
            self.headers["Content-Type"] = "application/json"
        self.status = 304 if self.unchanged else 200
        self.body = b"" if self.unchanged else content


def waits_for(content: bytes, version: int | None, if_none_match: str | None) -> bool:
    """Whether a long poll has to go on: the job lives and is still at the version that is known."""
    document = json.loads(content)
    if ended(document):
        return False
    known = version if version is not None else presenting.etag_version(if_none_match)
    return known is None or known == document["version"]
