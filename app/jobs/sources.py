"""What new jobs name that must be there and be their owner's: uploads, groups and webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.errors import BadInput, Conflict
from app.jobs.model import Json
from app.jobs.webhooks import endpoints
from app.store import files, groups

Named = Callable[[int, str], str]  # what an error calls a field of the n-th job
Owned = tuple[str, str | None]  # owner, and the id or address that they gave (None: none)


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


def webhooks(conn: Connection, given: Sequence[Owned], named: Named) -> list[str | None]:
    """The webhook at each address, made where the owner has none. Raises BadInput where there can be none."""
    held: dict[Owned, str] = {}
    for n, (owner_id, url) in enumerate(given):
        if url is not None and (owner_id, url) not in held:
            try:
                held[owner_id, url] = endpoints.at(conn, owner_id, url)
            except Conflict as error:
                raise BadInput(error.message, field=named(n, "webhook_url")) from error
    return [held.get(one) for one in given]
