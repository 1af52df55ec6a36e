"""Counts jobs that ran, across processes: (count, first and last second on the machine's monotonic clock).

Runs inside the peers' environments: standard library only.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time

_LAYOUT = struct.Struct("qdd")
_threads = threading.Lock()  # the file's lock is the process's: its threads have to queue by themselves
_open: dict[int, tuple[int, mmap.mmap]] = {}


def _file() -> tuple[int, mmap.mmap]:
    pid = os.getpid()
    if pid not in _open:  # a fork shares its parent's lock otherwise
        handle = os.open(os.environ["BENCH_TALLY"], os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(handle, _LAYOUT.size)
        _open[pid] = (handle, mmap.mmap(handle, _LAYOUT.size))
    return _open[pid]


def hit() -> None:
    """One more job has run."""
    with _threads:
        handle, held = _file()
        fcntl.lockf(handle, fcntl.LOCK_EX)
        count, first, _ = _LAYOUT.unpack_from(held)
        now = time.monotonic()
        _LAYOUT.pack_into(held, 0, count + 1, first if count else now, now)
        fcntl.lockf(handle, fcntl.LOCK_UN)


def read() -> tuple[int, float, float]:
    return _LAYOUT.unpack_from(_file()[1])
