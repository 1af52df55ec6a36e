"""Files, named by the SHA-256 of their content, in one folder that every process can reach."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import NotFound, StorageFull, Unavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1024 * 1024


def is_full(error: OSError) -> bool:
    """Is it the disk (or somebody's share of it) that has no room?"""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class Incoming:
    """A content being received: written to a temporary file and hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        self._hash.update(block)
        self.size += len(block)
        return self._file.write(block)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class Storage:
    """A local (or network) folder. Contents are immutable: the same bytes have the same path."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._incoming = self.root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the content lies; raises NotFound when it is not there."""
        path = self._place(digest)
        if not path.is_file():
            raise NotFound("This file is no longer stored.")
        return path

    def has(self, digest: str) -> bool:
        return self._place(digest).is_file()

    def put(self, source: Path) -> tuple[str, int]:
        """Copy a file in; returns (digest, bytes)."""
        with source.open("rb") as file, self.receive() as incoming:
            shutil.copyfileobj(file, incoming, _BLOCK)
        return incoming.digest, incoming.size

    @contextmanager
    def receive(self) -> Iterator[Incoming]:
        """Write blocks to what is yielded; on leaving normally the content is kept under its digest.

        Nothing is left behind when the block raises. Raises Unavailable when the disk is full.
        """
        handle, name = tempfile.mkstemp(dir=self._incoming)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                incoming = Incoming(file)
                yield incoming
                file.flush()
                place = self._place(incoming.digest)
                if _renewed(place, incoming.size):
                    return  # a recording that comes again need not be written to the disk again
                os.fsync(file.fileno())
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary.chmod(0o640)
            os.replace(temporary, place)
        except OSError as error:
            kind = StorageFull if is_full(error) else Unavailable
            raise kind("The storage cannot take the file just now.", retry_after_s=60) from error
        finally:
            temporary.unlink(missing_ok=True)

    def delete(self, digest: str) -> None:
        self._place(digest).unlink(missing_ok=True)

    def delete_old(self, digest: str, before_s: float) -> bool:
        """Delete unless it was stored (again) after `before_s`, seconds since 1970; whether it was there."""
        place = self._place(digest)
        try:
            if place.stat().st_mtime >= before_s:
                return False
            place.unlink()
        except FileNotFoundError:
            return False
        return True

    def digests(self) -> Iterator[tuple[str, float]]:
        """Every stored content with its age mark (mtime, seconds since 1970)."""
        for folder in sorted(self.root.glob("??")):
            for path in folder.iterdir():
                if _DIGEST.fullmatch(path.name):
                    yield path.name, path.stat().st_mtime

    def sweep_incoming(self, older_than_s: float, now_s: float) -> int:
        """Remove what interrupted uploads left behind; returns how many."""
        old = [p for p in self._incoming.iterdir() if p.stat().st_mtime < now_s - older_than_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.root).free

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NotFound("There is no such file.")
        return self.root / digest[:2] / digest


def _renewed(place: Path, size: int) -> bool:
    """Whether a file of that size lies there; if so, its age begins anew, as if it had been stored now."""
    try:
        if place.stat().st_size != size:
            return False
        os.utime(place)
    except FileNotFoundError:
        return False
    return True
