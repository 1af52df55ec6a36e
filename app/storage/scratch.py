"""Folders for work under way. Each is marked by a file lock, which the kernel drops with its owner.

So what a killed worker leaves behind is known by its free lock, and goes when the next stage starts on
the same machine; what a machine that is gone left on shared storage goes with the daily cleanup.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = "work"  # beside the stored contents, so that the disk that is watched is the one that fills
_MARK = "owner"


@contextmanager
def scratch(root: Path, name: str) -> Iterator[Path]:
    """A new folder below `root`, empty but for its mark, removed on leaving; sweeps what the dead left."""
    here = root / FOLDER / (re.sub(r"[^\w.-]", "_", socket.gethostname()) or "host")
    with _alone(here):
        _sweep(here)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=here))
        mark = os.open(folder / _MARK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(mark, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(mark)


def sweep_abandoned(root: Path, before_s: float) -> int:
    """Remove folders made before `before_s` (seconds since 1970), whoever owns them; returns how many.

    For those of other machines, whose locks cannot be relied on: nothing runs for so long.
    """
    old = [path for path in (root / FOLDER).glob("*/*") if path.is_dir() and _made_s(path) < before_s]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    for host in (root / FOLDER).glob("*"):
        with suppress(OSError):  # holds more than its lock file
            if [path.name for path in host.iterdir()] == [_MARK] and _made_s(host) < before_s:
                shutil.rmtree(host)
    return len(old)


@contextmanager
def _alone(here: Path) -> Iterator[None]:
    """One process at a time makes or sweeps: a folder is never seen before it is marked."""
    here.mkdir(parents=True, exist_ok=True)
    handle = os.open(here / _MARK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(here: Path) -> None:
    for folder in here.iterdir():
        if folder.is_dir() and not _owned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path) -> bool:
    try:
        handle = os.open(folder / _MARK, os.O_RDWR)
    except FileNotFoundError:
        return False  # half removed
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _made_s(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return float("inf")  # its owner was quicker
