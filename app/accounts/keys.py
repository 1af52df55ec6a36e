"""API keys: random, kept as their SHA-256 only, and remembered for a few seconds by each process."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import BadConfiguration, Forbidden, Unauthenticated
from app.store import accounts
from app.store.database import AnyRow, Database

LOCAL_OWNER = "local"
_REMEMBER_S = 5.0  # a revoked key works for so long at most; each process asks once in that time
_REMEMBERED = 10_000  # bounds memory under a flood of guesses
PREFIX = 11  # characters of a key that may be shown: enough to tell keys apart, useless to guess the rest


@dataclass(frozen=True)
class Caller:
    """Whose request it is, and what their key allows."""

    owner_id: str
    tier: str
    scopes: frozenset[str]
    key_id: str | None = None  # None: no key was sent, and none is needed

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"This key may not do that: it lacks the scope “{scope}”.")


EVERYTHING = frozenset({"read", "write", "admin"})
_UNKNOWN = (float("-inf"), None)
_NOBODY_ELSE = Caller(LOCAL_OWNER, "unlimited", EVERYTHING)


def _caller(row: AnyRow) -> Caller:
    return Caller(row.owner_id, row.tier, frozenset(row.scopes), row.key_id)


def digest(secret: str) -> str:
    """Keys have 256 random bits, so a plain hash is as safe as a slow one, and fast."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ensure_local_key(db: Database, state_dir: Path, given: str = "") -> Path | None:
    """Make the local user's first key, which may do everything, and write it to `state_dir/api_key`
    (readable by its owner only). `given` is its secret, where whoever runs the server has chosen one.

    None when there is one already. Several processes may start at once: the owner's row is the lock.
    """
    secret = given or "lk_" + secrets.token_urlsafe(32)
    path = state_dir / "api_key"
    with db.write() as conn:
        if not accounts.lock_owner(conn, LOCAL_OWNER):
            raise BadConfiguration("The database has no local user yet: run `flask --app wsgi db upgrade`.")
        if accounts.has_key(conn, LOCAL_OWNER):
            return None
        accounts.insert_key(
            conn,
            key_id=f"key_{uuid.uuid4().hex}",
            owner_id=LOCAL_OWNER,
            digest=digest(secret),
            prefix=secret[:PREFIX],
            label="made at the first start",
            scopes=sorted(EVERYTHING),
        )
        state_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secret + "\n")
    return path


class Keyring:
    """Tells whose request it is from its Authorization header."""

    def __init__(
        self,
        db: Database,
        mode: Literal["local", "keys"],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mode` "local": a request without a key belongs to the local user."""
        self._db = db
        self._mode = mode
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()
        self._lock = threading.Lock()

    def authenticate(self, header: str | None) -> Caller:
        """Raises Unauthenticated; also for a wrong key where none is needed."""
        while (caller := self.recall(header)) is None:
            self.learn([header])
        return caller

    def learn(self, headers: Iterable[str | None]) -> None:
        """Ask the database about those whom `recall` does not know, all by one question."""
        marks = {self._mark(header) for header in headers}
        with self._lock:
            now = self._clock()
            unknown = {m for m in marks if m is not None and self._known.get(m, _UNKNOWN)[0] <= now}
        if unknown:
            with self._db.read() as conn:
                holders = accounts.holders_of_keys(conn, unknown)
            self._remember({m: _caller(holders[m]) if m in holders else None for m in unknown})

    def recall(self, header: str | None) -> Caller | None:
        """Like `authenticate` but never asks the database; None: it has to be asked."""
        mark = self._mark(header)
        if mark is None:
            return _NOBODY_ELSE
        with self._lock:
            until, caller = self._known.get(mark, _UNKNOWN)
        if until <= self._clock():
            return None
        if caller is None:
            raise Unauthenticated("This key is not known, has expired, or was revoked.")
        return caller

    def _mark(self, header: str | None) -> str | None:
        if not header:
            if self._mode == "local":
                return None
            raise Unauthenticated("A key is needed: send it as “Authorization: Bearer lk_…”.")
        scheme, _, rest = header.partition(" ")
        secret = rest.strip()
        if not secret or scheme.lower() != "bearer":
            raise Unauthenticated("The Authorization header must look like “Bearer lk_…”.")
        return digest(secret)

    def _remember(self, callers: Mapping[str, Caller | None]) -> None:
        with self._lock:
            until = self._clock() + _REMEMBER_S
            for mark, caller in callers.items():
                self._known[mark] = (until, caller)
                self._known.move_to_end(mark)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
