"""JSON submissions, checked and committed without Flask: many of one moment in one transaction.

What needs a look elsewhere first (a URL's address, a deck) and whatever is no plain JSON goes to Flask.
"""

from __future__ import annotations

import asyncio
from typing import IO

from app.accounts.keys import Caller
from app.http import asgi, parsing
from app.http.asgi import Scope, Send
from app.http.schemas import SubmitJob
from app.jobs import status
from app.jobs.intake import Intake, Taken
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, Upload, check

_MOST = 64 * 1024  # bytes of a body; a longer one would hold up the event loop while it is read


class Submissions:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._intake = Intake(platform)

    def close(self) -> None:
        self._intake.close()

    async def answer(self, caller: Caller, scope: Scope, body: IO[bytes], size: int, send: Send) -> bool:
        """Answer a POST of a job. False: nothing was done, Flask has to. Raises what is wrong with it."""
        if size > _MOST or not _plain(scope):
            return False
        fields = parsing.checked(SubmitJob, parsing.json_object(body.read()))
        if any(x is not None for x in (fields.url, fields.deck, fields.deck_url, fields.webhook_url)):
            return False
        command = NewJob(
            owner_id=caller.owner_id,
            kind=fields.kind,
            params=fields.params,
            source=Upload(fields.upload) if fields.upload is not None else None,
            title=fields.title,
            priority=fields.priority,
            idempotency_key=asgi.header(scope, b"idempotency-key"),
            group_id=fields.group,
        )
        taken = await self._intake.submit(check(self._platform, command))
        content = taken.body
        if content is None:
            content = await asyncio.to_thread(self._earlier, caller.owner_id, taken)
        headers = {
            "location": f"/api/jobs/{taken.job_id}",
            "content-type": "application/json",
            "cache-control": "private, no-cache",
        }
        await asgi.respond(send, 202 if taken.body else 200, headers.items(), content)
        return True

    def _earlier(self, owner_id: str, taken: Taken) -> bytes:
        return status.answer(self._platform, owner_id, taken.job_id)[1]


def _plain(scope: Scope) -> bool:
    if scope["method"] != "POST" or scope["path"] != "/api/jobs":
        return False
    if asgi.header(scope, b"origin") is not None and asgi.header(scope, b"authorization") is None:
        return False  # from a page: Flask looks at which
    kind = (asgi.header(scope, b"content-type") or "").partition(";")[0]
    return kind.strip().lower() == "application/json"
