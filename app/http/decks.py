"""The deck beside a recording: is it one, as far as can be told before anybody reads it?"""

from __future__ import annotations

from app.errors import BadInput, BadMedia, TooLarge
from app.http.context import owner_id, platform
from app.storage.kinds import deck_kind
from app.store import files

FIELD = "deck"


def check_kept(upload_id: str) -> None:
    """Raises BadInput for an upload that is not there, BadMedia or TooLarge for one that is no deck."""
    held = platform()
    with held.db.read() as conn:
        row = files.upload(conn, upload_id, owner_id())
    if row is None:
        raise BadInput("There is no such upload (any more).", field=FIELD)
    limit = held.settings.max_deck_bytes
    if row.size > limit:
        raise TooLarge(f"A deck may have at most {limit} bytes.", field=FIELD)
    if deck_kind(held.storage.path(row.digest)) is None:
        raise BadMedia(
            "The deck is neither a PDF nor a PPTX; other formats can be saved as PDF.", field=FIELD
        )
