"""When a group's last job has ended: found once, without a row that all of its jobs would have to change.

Whoever ends a job of a group looks, after the commit, whether a live one is left, which is a look into an
index of live jobs. The last finds none, takes the group's row, looks again, and marks it as ended. Two that
end at the same moment both look after both have committed, so one of them finds it; a process that dies
between its commit and its look is made up for by the steward. What else belongs to the end of a group (its
messages to webhooks) is written in the same transaction, and so exactly once.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from app.errors import Unavailable
from app.jobs import status
from app.jobs.platform import Platform
from app.jobs.webhooks import outbox
from app.store import groups
from app.store.database import AnyRow
from app.telemetry import emit


def look(platform: Platform, group_id: str) -> bool:
    """Mark the group as ended if it has; returns whether this call did."""
    try:
        with platform.db.read() as conn:
            if groups.has_live(conn, group_id):
                return False
        with platform.db.write() as conn:
            group = groups.group(conn, group_id, lock=True)
            if group is None or group.ended_at is not None or groups.has_live(conn, group_id):
                return False
            if not groups.has_jobs(conn, group_id):
                return False
            _end(conn, group)
    except Unavailable:
        return False  # the steward comes back to it
    wake(platform, group_id)
    emit("group.ended", group=group_id)
    return True


def wake(platform: Platform, group_id: str) -> None:
    """Tell whoever follows the group that it is not as it was."""
    with suppress(Unavailable):  # then they poll
        platform.cache.notify(status.channel(group_id), b"changed")


def _end(conn: Connection, group: AnyRow) -> None:
    """In one transaction: the group has ended, and whoever wants to know is noted down to be told."""
    groups.end(conn, group.id)
    base = f"/api/groups/{group.id}"
    about = {"id": group.id, "name": group.name, "links": {"self": base, "jobs": f"{base}/jobs"}}
    outbox.record(conn, group.owner_id, "group.ended", about)


def look_after_all(platform: Platform) -> int:
    """The steward's share: groups whose last finisher did not come to look."""
    with platform.db.read() as conn:
        overdue = groups.overdue(conn, 50)
    return sum(look(platform, group_id) for group_id in overdue)
