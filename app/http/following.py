"""Following a job or a group: what a long poll or an event stream has to say. No thread, no socket here."""

from __future__ import annotations

import json
from typing import Any, Protocol

from app.errors import NotFound

Found = tuple[str, bytes]  # ETag, JSON

KEEP_ALIVE_S = 15.0  # proxies cut silent connections after 30 to 60 s
KEEP_ALIVE = b": still here\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # Nginx would hold events back to fill its buffer
}


def frame(event: str, data: Any, event_id: int | str | None = None) -> bytes:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class Follower(Protocol):
    """What a stream has to say next, and when it is over."""

    over: bool

    @property
    def look_s(self) -> float:
        """It is looked at after so long, although nothing was heard."""

    def step(self, since: float) -> list[bytes]:
        """The frames that are new, with all that happened before `since` (monotonic).

        Blocks on cache or database. Raises NotFound (at the start) or Unavailable (try again).
        """


class Poll(Protocol):
    """What a long poll waits for."""

    @property
    def look_s(self) -> float:
        """As of a stream."""

    def look(self, since: float) -> Found:
        """(ETag, JSON), with all that happened before `since` (monotonic). Blocks."""

    def waits(self, found: Found) -> bool:
        """Whether this is nothing new yet."""


def later(follower: Follower, since: float) -> list[bytes]:
    """A step of a stream that has begun: what was deleted meanwhile is an end, not an error."""
    try:
        return follower.step(since)
    except NotFound:
        follower.over = True
        return [frame("end", {"status": "deleted", "error": None})]


def matches(if_none_match: str | None, tag: str) -> bool:
    known = [t.strip().removeprefix("W/") for t in (if_none_match or "").split(",")]
    return tag in known or "*" in known


class Reply:
    """Answer to GET of a job or a group: shared by Flask and the edge, so that both say the same."""

    def __init__(self, found: Found, if_none_match: str | None) -> None:
        tag, content = found
        self.headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
        }
        self.unchanged = matches(if_none_match, tag)
        if not self.unchanged:
            self.headers["Content-Type"] = "application/json"
        self.status = 304 if self.unchanged else 200
        self.body = b"" if self.unchanged else content
