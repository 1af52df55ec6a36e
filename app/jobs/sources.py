"""What new jobs name that must be there and be their owner's: uploads and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.errors import BadInput
from app.jobs.model import Json
from app.store import files, groups

Named = Callable[[int, str], str]  # what an error calls a field of the n-th job
Owned = tuple[str, str | None]  # owner, and the id that they gave (None: none)


def uploads(conn: Connection, given: Sequence[Owned], field: str, named: Named) -> list[Json]:
    """Each upload as it is kept with its job ({} for none). Raises BadInput for one that is not theirs."""
    wanted = {(upload_id, owner_id) for owner_id, upload_id in given if upload_id is not None}
    held = files.uploads(conn, wanted) if wanted else {}
    for digest, size in sorted({(row.digest, row.size) for row in held.values()}):
        files.touch(conn, digest, size)  # collection must not take it while this is not committed
    found: list[Json] = []
    for n, (owner_id, upload_id) in enumerate(given):
        row = held.get((upload_id or "", owner_id))
        if row is not None:
            found.append({"digest": row.digest, "filename": row.filename, "size": row.size})
        elif upload_id is not None:
            raise BadInput("There is no such upload (any more).", field=named(n, field))
        else:
            found.append({})
    return found


def join_groups(conn: Connection, given: Sequence[Owned], named: Named) -> None:
    """Keep the groups open until the jobs are in. Raises BadInput for one that is not the owner's."""
    first: dict[tuple[str, str], int] = {}
    for n, (owner_id, group_id) in enumerate(given):
        if group_id is not None:
            first.setdefault((group_id, owner_id), n)
    for (group_id, owner_id), n in sorted(first.items()):
        if not groups.join(conn, group_id, owner_id):
            raise BadInput("There is no such group.", field=named(n, "group"))
