"""Submissions that name nothing that must be looked up, in two round trips (PostgreSQL; docs/decisions/0016).

What may be sent is known before the rows are written, so they are written as published, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.jobs.commands import (
    Checked,
    Link,
    Persisted,
    Submitted,
    Upload,
    fingerprint,
    first_event,
    job_row,
    new_ids,
)
from app.jobs.first import first, stage_rows
from app.jobs.limits import LIMITED
from app.jobs.model import Json, Message
from app.jobs.order import Arrival, Choice, at_once
from app.jobs.platform import Platform
from app.store import arrivals
from app.store.arrivals import Look

_MOST = 128  # jobs; thousands are quicker by COPY, and are not published at once anyway


def is_plain(checked: Checked) -> bool:
    """It names no upload, group or webhook. A key is no hindrance: whether it was used shows in writing."""
    command = checked[0]
    uploaded = isinstance(command.source, Upload) or isinstance(command.deck, Upload)
    return not uploaded and command.group_id is None and command.webhook_url is None


def commit(platform: Platform, checked: Sequence[Checked]) -> Persisted | None:
    """None: nothing was done, for not all are plain, an owner is limited, or a key was used before."""
    direct = platform.db.direct
    if direct is None or not 0 < len(checked) <= _MOST or not all(map(is_plain, checked)):
        return None
    begin = [first(kind, command.deck is not None, True) for command, kind, _ in checked]
    coming = [
        (row["queue"], command.owner_id)
        for (command, _, _), own in zip(checked, begin, strict=True)
        for row in own
        if row["state"] == "ready"
    ]
    window = platform.settings.publish_window
    lines = set(coming) if len(coming) <= window else set()  # a batch: the steward feeds it in
    stages = sum(map(len, begin))
    look = arrivals.look(direct, {command.owner_id for command, _, _ in checked}, LIMITED, stages, lines)
    if look.limited:
        return None
    made = _made(checked, look)
    chosen = at_once(_arrivals(made, look), window)
    rows = {stage["id"]: stage for _, stages in made for stage in stages}
    for choice in chosen:
        rows[choice.stage_id] |= {"state": "published", "published_at": look.at}
    events = [first_event(job, look.at) for job, _ in made]
    if not arrivals.insert(direct, [job for job, _ in made], list(rows.values()), events):
        return None
    submitted = [Submitted(job["id"], created=True) for job, _ in made]
    return Persisted(submitted, [], [], made, [_message(rows[choice.stage_id], choice) for choice in chosen])


def _made(checked: Sequence[Checked], look: Look) -> list[tuple[Json, list[Json]]]:
    """Jobs with their stages, as they will be written."""
    ids = iter(look.stage_ids)
    made = []
    for job_id, (command, kind, params) in zip(new_ids(len(checked)), checked, strict=True):
        source, deck = (
            {"url": link.url} if isinstance(link, Link) else {} for link in (command.source, command.deck)
        )
        mark = fingerprint(command, params, source, deck) if command.idempotency_key else None
        job = job_row(job_id, command, params, source, deck, mark, look.at, None)
        stages = [row | {"id": next(ids), "published_at": None} for row in stage_rows(kind, job, look.at)]
        made.append((job, stages))
    return made


def _arrivals(made: Sequence[tuple[Json, list[Json]]], look: Look) -> list[Arrival]:
    found = []
    for stage in (stage for _, stages in made for stage in stages if stage["state"] == "ready"):
        line = look.lines.get((stage["queue"], stage["owner_id"]))
        if line is not None:
            highest = line.highest
            found.append(
                Arrival(
                    stage["id"],
                    stage["queue"],
                    stage["owner_id"],
                    line.own,
                    line.published,
                    follows_own=line.follows_own,
                    outranked=highest is not None and highest > stage["priority"],
                    passes_over=highest is not None,
                )
            )
    return found


def _message(stage: Json, choice: Choice) -> Message:
    return Message(stage["job_id"], stage["id"], f"tasks.{stage['name']}_task", stage["queue"], choice.behind)
