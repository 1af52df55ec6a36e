"""API keys: random, kept as their SHA-256 only, and remembered for a few seconds by each process."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from app.errors import BadConfiguration, Unauthenticated
from app.store import accounts
from app.store.database import Database

LOCAL_OWNER = "local"
_REMEMBER_S = 5.0  # a revoked key works for so long at most; each process asks once in that time
_REMEMBERED = 10_000  # bounds memory under a flood of guesses
_PREFIX = 11  # characters of a key that may be shown: enough to tell keys apart, useless to guess the rest


def digest(secret: str) -> str:
    """Keys have 256 random bits, so a plain hash is as safe as a slow one, and fast."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ensure_local_key(db: Database, state_dir: Path) -> Path | None:
    """Make the local user's first key and write it to `state_dir/api_key` (readable by its owner only).

    None when there is one already. Several processes may start at once: the owner's row is the lock.
    """
    secret = "lk_" + secrets.token_urlsafe(32)
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
            prefix=secret[:_PREFIX],
            label="made at the first start",
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
        self._known: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._lock = threading.Lock()

    def authenticate(self, header: str | None) -> str:
        """The owner's id. Raises Unauthenticated; also for a wrong key where none is needed."""
        mark = self._mark(header)
        if mark is None:
            return LOCAL_OWNER
        known, owner_id = self._recall(mark)
        if not known:
            with self._db.read() as conn:
                owner_id = accounts.owner_of_key(conn, mark)
            self._remember(mark, owner_id)
        return self._accept(owner_id)

    def recall(self, header: str | None) -> str | None:
        """Like `authenticate` but never asks the database; None: it has to be asked."""
        mark = self._mark(header)
        if mark is None:
            return LOCAL_OWNER
        known, owner_id = self._recall(mark)
        return self._accept(owner_id) if known else None

    def _mark(self, header: str | None) -> str | None:
        if not header:
            if self._mode == "local":
                return None
            raise Unauthenticated("A key is needed: send it as “Authorization: Bearer lk_…”.")
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("The Authorization header must look like “Bearer lk_…”.")
        return digest(secret.strip())

    @staticmethod
    def _accept(owner_id: str | None) -> str:
        if owner_id is None:
            raise Unauthenticated("This key is not known, or it was revoked.")
        return owner_id

    def _recall(self, mark: str) -> tuple[bool, str | None]:
        with self._lock:
            until, owner_id = self._known.get(mark, (0.0, None))
        return until > self._clock(), owner_id

    def _remember(self, mark: str, owner_id: str | None) -> None:
        with self._lock:
            self._known[mark] = (self._clock() + _REMEMBER_S, owner_id)
            self._known.move_to_end(mark)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
