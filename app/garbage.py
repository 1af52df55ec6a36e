"""Keeps Python's garbage collector from going through all that the process will hold until its end.

With a thousand requests under way each collection found so much to look at that collecting took half of the
processor's time (`bench api`). Of a worker's time with short jobs it took a tenth (`bench jobs`).
"""

from __future__ import annotations

import gc

_YOUNG = 20_000  # new objects between two collections: those of some hundred requests or jobs


def spare_what_lasts() -> None:
    """Call it when the process has made what it will keep."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
