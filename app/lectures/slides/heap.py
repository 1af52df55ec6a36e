"""Memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Return what the allocator holds though it was freed.

    Each thread allocates from an arena of its own, whose holes the others cannot use: with every part of a
    recording the process would get larger. The GNU C library can be told; others need no telling.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
