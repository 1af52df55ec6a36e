"""What a job document says about progress, in words; and following a job until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from app.cli.client import Api, Json

ENDED = frozenset({"succeeded", "failed", "cancelled"})
_LIVE_WAIT_S = 1.0  # a progress bar wants to move each second
_QUIET_WAIT_S = 20.0  # below the idle time-outs of common proxies
LEAST_PAUSE_S = 0.25  # should a server or proxy not let us wait, this keeps us from hammering it


@dataclass(frozen=True)
class StageLine:
    """A stage as a person sees it: its chunks, if it was split, are one."""

    name: str
    state: str  # waiting, queued, running, succeeded, failed, skipped or cancelled
    progress: float  # 0..1
    done: int  # chunks that have ended
    chunks: int
    note: str
    error: str
    failures: int
    seconds: float | None  # from the first start to the last end, once all has ended

    @property
    def label(self) -> str:
        return plain(self.name).replace("_", " ")


def plain(value: Any) -> str:
    """Text without control characters: what a server sends must not steer the terminal."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else " " for c in text).strip()


def job_path(job_id: str, *rest: str) -> str:
    return "/".join(["/api/jobs", quote(job_id, safe=""), *(quote(part, safe="") for part in rest)])


def stage_lines(document: Json) -> list[StageLine]:
    """The stages in the order of the document, chunks of one name taken together."""
    groups: dict[str, list[Json]] = {}
    for stage in document.get("stages", []):
        groups.setdefault(str(stage["name"]), []).append(stage)
    return [_line(name, rows) for name, rows in groups.items()]


def _line(name: str, rows: list[Json]) -> StageLine:
    states = [str(row["state"]) for row in rows]
    ended = [s in ENDED or s == "skipped" for s in states]
    errors = [row["error"] for row in rows if row.get("error")]
    notes = [
        str(row["note"]) for row, s in zip(rows, states, strict=True) if s == "running" and row.get("note")
    ]
    started = [row["started_at"] for row in rows if row.get("started_at")]
    over = [row["ended_at"] for row in rows if row.get("ended_at")]
    whole = all(ended) and started and over
    shares = [1.0 if e else float(row.get("progress") or 0.0) for row, e in zip(rows, ended, strict=True)]
    return StageLine(
        name=name,
        state=_state(states),
        progress=sum(shares) / len(rows),
        done=sum(ended),
        chunks=len(rows),
        note=plain(notes[0]) if notes else "",
        error=plain(errors[-1].get("message")) if errors else "",
        failures=sum(int(row.get("failures") or 0) for row in rows),
        seconds=seconds_between(min(started), max(over)) if whole else None,
    )


def _state(states: list[str]) -> str:
    if "running" in states:
        return "running"
    live = [s for s in states if s in ("waiting", "ready", "published")]
    if live:
        if len(live) < len(states):
            return "running"  # some chunks are done, the others have their turn to come
        return "waiting" if all(s == "waiting" for s in live) else "queued"
    return next(s for s in ("failed", "cancelled", "skipped", "succeeded") if s in states)


def standing(document: Json) -> str:
    """Where a job stands that waits to begin; "" when nothing is known of that."""
    if document.get("paused"):
        return "its queue is paused"
    position, start = document.get("queue_position"), document.get("estimated_start_at")
    if not position:
        return ""
    likely = f", likely to start at {plain(start)[11:16]} UTC" if start else ""
    return f"number {plain(position)} in line{likely}"


def seconds_between(start: str, end: str) -> float:
    """Seconds between two RFC 3339 instants."""
    moments = [datetime.fromisoformat(value.replace("Z", "+00:00")) for value in (start, end)]
    return max(0.0, (moments[1] - moments[0]).total_seconds())


def follow(api: Api, job_id: str, show: Callable[[Json], None], *, live: bool) -> Json:
    """Show each new state of the job until it has ended; returns its last document.

    Long polls rather than the event stream: they pass every proxy, and a lost one needs no bookkeeping.
    """
    wait_s = _LIVE_WAIT_S if live else _QUIET_WAIT_S
    document = api.get(job_path(job_id))
    show(document)
    while document["status"] not in ENDED:
        asked, version = time.monotonic(), document.get("version")
        document = api.get(job_path(job_id), params={"wait": int(wait_s), "version": version}, wait_s=wait_s)
        show(document)
        spare_s = LEAST_PAUSE_S - (time.monotonic() - asked)
        if spare_s > 0 and document["status"] not in ENDED:
            time.sleep(spare_s)
    return document
