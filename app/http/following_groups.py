"""Following a group, by a long poll or an event stream. No thread, no socket here.

A group has no version: its row changes only with its end (docs/decisions/0017). So its state is told as a
whole, and a mark of it is ETag and event id at once: who comes back with the mark has missed nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from app.http import parsing
from app.http.following import Found, frame, matches
from app.http.schemas_following import GroupEventsQuery
from app.jobs import groups
from app.jobs.entry import encode
from app.jobs.platform import Platform

_LOOK_S = 5.0  # ends of jobs are told, but not when they begin, or when others join


def found(document: dict[str, Any]) -> Found:
    content = encode(document)
    return f'"{_mark(content)}"', content


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def last_mark(header: str | None, args: Iterable[tuple[str, str]]) -> str | None:
    """Where a stream resumes; the header wins, since a browser sends it when it reconnects by itself."""
    asked = parsing.query(GroupEventsQuery, args)
    return asked.last_event_id if header is None else header


class _Looking:
    def __init__(self, platform: Platform, owner_id: str, group_id: str) -> None:
        self._platform, self._owner_id, self._group_id = platform, owner_id, group_id
        self.look_s = _LOOK_S

    def _document(self, since: float) -> dict[str, Any]:
        """As counted a moment ago; if that was before `since`, it is soon looked at again."""
        document, counted = groups.counted(self._platform, self._owner_id, self._group_id)
        self.look_s = _LOOK_S if counted >= since else groups.KEEP_S
        return document


class GroupPoll(_Looking):
    """Waits while the group is open and as it is known; without a mark, until it has ended."""

    def __init__(self, platform: Platform, owner_id: str, group_id: str, known: str | None) -> None:
        """`known`: the If-None-Match of the request."""
        super().__init__(platform, owner_id, group_id)
        self._known = known
        self._over = False

    def look(self, since: float) -> Found:
        document = self._document(since)
        self._over = document["ended_at"] is not None
        return found(document)

    def waits(self, found: Found) -> bool:
        return not self._over and (self._known is None or matches(self._known, found[0]))


class GroupFollower(_Looking):
    """`change` events carry the group as it is, with its mark as id, each state once; states may be skipped.
    `end` is the last."""

    def __init__(self, platform: Platform, owner_id: str, group_id: str, last: str | None) -> None:
        super().__init__(platform, owner_id, group_id)
        self._last = last
        self.over = False

    def step(self, since: float) -> list[bytes]:
        document = self._document(since)
        mark = _mark(encode(document))
        frames = [frame("change", document, mark)] if mark != self._last else []
        self._last = mark
        if document["ended_at"] is not None:
            self.over = True
            frames.append(frame("end", {"status": "ended", "error": None}))
        return frames
