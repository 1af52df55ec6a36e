"""Files by their content: kept once, renewed when they come again."""

from __future__ import annotations

import os
from pathlib import Path

from app.storage import Storage


def put(storage: Storage, content: bytes) -> str:
    with storage.receive() as incoming:
        incoming.write(content)
    return incoming.digest


def test_what_is_there_is_renewed_not_written_again(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    digest = put(storage, b"a recording")
    place = storage.path(digest)
    first = place.stat()
    os.utime(place, (1.0, 1.0))
    assert put(storage, b"a recording") == digest
    assert place.stat().st_ino == first.st_ino
    assert place.stat().st_mtime >= first.st_mtime  # collection counts its age from now on
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_file_that_was_cut_short_is_made_good_again(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    digest = put(storage, b"a recording")
    storage.path(digest).chmod(0o600)
    storage.path(digest).write_bytes(b"a rec")
    assert put(storage, b"a recording") == digest
    assert storage.path(digest).read_bytes() == b"a recording"
