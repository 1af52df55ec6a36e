"""JSON submissions, checked and committed without Flask: many of one moment in one transaction.

What needs a look elsewhere first (a URL's address, a deck) and whatever is no plain JSON goes to Flask.
"""

from __future__ import annotations

import asyncio
from typing import IO

from app.accounts.keys import Caller
from app.errors import LecternError
from app.http import asgi, credentials, parsing
from app.http.asgi import Scope, Send
from app.http.schemas import SubmitJob
from app.jobs import status
from app.jobs.commands import Checked
from app.jobs.intake import Intake, Taken, Then
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, Upload, check

_MOST = 64 * 1024  # bytes of a body; a longer one would hold up the event loop while it is read


class Submissions:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._intake = Intake(platform)

    def close(self) -> None:
        self._intake.close()

    def ask(self, caller: Caller, body: bytes, key: str | None, then: Then) -> bool:
        """The short way: `then` is told what became of it. False: nothing was done, and who asks
        is answered, or told what is wrong, on the long way."""
        if "write" not in caller.scopes or len(body) > _MOST:
            return False
        try:
            checked = self._checked(caller, body, key)
            if checked is None:
                return False
            self._intake.ask(checked, then)
        except LecternError:
            return False
        return True

    async def answer(self, caller: Caller, scope: Scope, body: IO[bytes], size: int, send: Send) -> bool:
        """Answer a POST of a job. False: nothing was done, Flask has to. Raises what is wrong with it."""
        if size > _MOST or not _plain(scope):
            return False
        checked = self._checked(caller, body.read(), asgi.header(scope, b"idempotency-key"))
        if checked is None:
            return False
        taken = await self._intake.submit(checked)
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

    def _checked(self, caller: Caller, body: bytes, key: str | None) -> Checked | None:
        """None: something has to be looked up. Raises what is wrong with it."""
        fields = parsing.checked(SubmitJob, parsing.json_object(body), plain=parsing.surely_plain(body))
        if any(x is not None for x in (fields.url, fields.deck, fields.deck_url, fields.webhook_url)):
            return None
        command = NewJob(
            owner_id=caller.owner_id,
            kind=fields.kind,
            params=fields.params,
            source=Upload(fields.upload) if fields.upload is not None else None,
            title=fields.title,
            priority=fields.priority,
            idempotency_key=key,
            group_id=fields.group,
        )
        return check(self._platform, command)

    def _earlier(self, owner_id: str, taken: Taken) -> bytes:
        return status.answer(self._platform, owner_id, taken.job_id)[1]


def _plain(scope: Scope) -> bool:
    if scope["method"] != "POST" or scope["path"] != "/api/jobs":
        return False
    return credentials.submits(
        asgi.header(scope, b"content-type"),
        asgi.header(scope, b"origin"),
        asgi.header(scope, b"authorization"),
    )
