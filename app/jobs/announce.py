"""What follows a commit: caches forget, listeners wake, ready stages are published. Nothing here may fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.errors import Unavailable
from app.jobs import completion, status
from app.jobs.admission import admit
from app.jobs.model import Message
from app.jobs.order import Arrival, Choice, at_once
from app.jobs.platform import Platform
from app.jobs.transition import Change
from app.store import publication


def announce(platform: Platform, change: Change, *, publish: bool = True) -> None:
    """After the commit: make the cache forget, wake listeners, publish what became ready.

    Nothing here may fail the caller: the database already says what is true, and the steward
    publishes and admits whatever this could not.
    """
    announce_all(platform, [change], publish=publish)


def announce_all(platform: Platform, changes: Sequence[Change], *, publish: bool = True) -> None:
    """The same for what was committed together."""
    status.invalidate(platform, {change.job_id: change.version for change in changes})
    for change in changes:
        if publish and change.ready:
            publish_ready(platform, change.ready)
        if publish and change.leaves_room:
            let_in(platform, change.owner_id)
    for group_id in {change.group_id for change in changes if change.group_id is not None}:
        if not completion.look(platform, group_id):
            completion.wake(platform, group_id)


def let_in(platform: Platform, owner_id: str) -> None:
    """Admit what waits of an owner who has room for more."""
    try:
        admitted = admit(platform, owner_id)
    except Unavailable:
        return
    status.invalidate(platform, {change.job_id: change.version for change in admitted})
    ready = [stage_id for change in admitted for stage_id in change.ready]
    if ready:
        publish_ready(platform, ready)  # together: one by one each would give way to the others


def publish_ready(platform: Platform, stage_ids: Sequence[int]) -> int:
    """Send messages for ready stages, as far as their queues have room; returns how many were sent."""
    if len(stage_ids) > platform.settings.publish_window:
        return 0  # a batch: the steward feeds it into the queues in fair order
    try:
        with platform.db.write(synced=False) as conn:  # forgotten, they are ready, and published again
            found = [Arrival(**row._mapping) for row in publication.arrivals(conn, stage_ids)]
            chosen = at_once(found, platform.settings.publish_window)
            moved = publication.mark_published(conn, [choice.stage_id for choice in chosen]) if chosen else ()
        return send(platform, moved, chosen)
    except Unavailable:
        return 0


def send(platform: Platform, moved: Sequence[Any], chosen: Sequence[Choice] = ()) -> int:
    """Publish rows that were just marked so, in the order chosen; lost ones the steward sends again."""
    if moved:
        place = {choice.stage_id: number for number, choice in enumerate(chosen)}
        behind = {choice.stage_id for choice in chosen if choice.behind}
        rows = sorted(moved, key=lambda row: place.get(row.id, 0))
        platform.queue.publish(
            [Message(r.job_id, r.id, f"tasks.{r.name}_task", r.queue, r.id in behind) for r in rows]
        )
    return len(moved)
