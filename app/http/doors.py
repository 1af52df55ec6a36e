"""The edge's doors: who asks, and whether they have requests left. Known clients pass without a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

from app.accounts import rates
from app.accounts.gate import Gate
from app.accounts.keys import Caller, Keyring
from app.accounts.rates import Standing
from app.errors import LecternError, Unauthenticated
from app.http import asgi, credentials, limiting
from app.http.asgi import Scope
from app.http.limiting import Share

T = TypeVar("T")
_STANDING = "lectern.standing"  # in a scope: this request is counted, and so it stands
_STRANGER = "lectern.stranger"  # why nobody is known to ask


class Doors:
    def __init__(self, keyring: Keyring, gate: Gate, readers: Executor, proxies: int) -> None:
        self._keyring = keyring
        self._gate = gate
        self._readers = readers
        self._proxies = proxies
        self._asking: dict[Share, asyncio.Future[None]] = {}
        self._knocking: dict[str | None, asyncio.Future[None]] = {}  # whom the next look is about
        self._looking: asyncio.Task[None] | None = None

    def glance(self, authorization: str | None) -> tuple[Caller | None, Standing | None]:
        """Who asks, counted, if they are known here and have requests left; a count is to be noted."""
        try:
            caller = self._keyring.recall(authorization)
        except LecternError:
            return None, None
        share = limiting.share_of(caller) if caller is not None else None
        if share is None:
            return caller, None
        standing = self._gate.enter(*share)
        return (caller if standing is not None and standing.allowed else None), standing

    async def admit(self, scope: Scope) -> Caller | None:
        """Count this request once. None: no key, or a wrong one. Raises TooManyRequests or Unavailable."""
        try:
            caller = await self._caller(
                credentials.sent(asgi.header(scope, b"authorization"), asgi.header(scope, b"cookie"))
            )
        except Unauthenticated as error:
            scope[_STRANGER] = error
            await self._count(scope, limiting.share_of_address(*_origin(scope), self._proxies))
            return None
        await self._count(scope, limiting.share_of(caller))
        return caller

    async def _caller(self, authorization: str | None) -> Caller:
        while (caller := self._keyring.recall(authorization)) is None:
            await self._look_up(authorization)
        return caller

    async def _look_up(self, authorization: str | None) -> None:
        """One look at a time; it is about all who came during the last. Keys that were first seen together
        expire together: looked up one by one, a hundred of them held up everybody every five seconds."""
        knocking = self._knocking.get(authorization)
        if knocking is None:
            knocking = self._knocking[authorization] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(knocking)

    async def _look(self) -> None:
        try:
            while self._knocking:
                asked, self._knocking = self._knocking, {}
                await self._learn(asked)
        finally:
            self._looking = None

    async def _learn(self, asked: Mapping[str | None, asyncio.Future[None]]) -> None:
        try:
            await self._read(lambda: self._keyring.learn(asked))
        except Exception as error:  # noqa: BLE001  # whatever it is, each of them is told
            for knocking in asked.values():
                knocking.set_exception(error)
                knocking.exception()  # seen, even when nobody waits for it any more
        else:
            for knocking in asked.values():
                knocking.set_result(None)

    async def _count(self, scope: Scope, share: Share | None) -> None:
        if share is None or not limiting.counted(scope["path"]):
            return
        if _STANDING not in scope:
            while (standing := self._gate.enter(*share)) is None:
                await self._ask(share)
            self.note(scope, standing)
        limiting.refuse_if_over(scope[_STANDING])

    async def _ask(self, share: Share) -> None:
        """One question at a time about a client; whoever comes meanwhile waits for its answer."""
        asking = self._asking.get(share)
        if asking is None:
            asking = asyncio.ensure_future(self._read(lambda: self._gate.ask(*share)))
            self._asking[share] = asking
            asking.add_done_callback(lambda _: self._asking.pop(share, None))
        await asyncio.shield(asking)

    @staticmethod
    def note(scope: Scope, standing: Standing) -> None:
        """This request is counted."""
        scope[_STANDING] = standing
        scope[asgi.FIELDS] = rates.headers(standing)

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)


def stranger(scope: Scope) -> LecternError:
    """Why `admit` knew nobody."""
    error: LecternError = scope[_STRANGER]
    return error


def _origin(scope: Scope) -> tuple[str, str | None]:
    said = [v.decode("latin-1") for k, v in scope["headers"] if k == b"x-forwarded-for"]
    return (scope.get("client") or ("", 0))[0], ",".join(said) or None
