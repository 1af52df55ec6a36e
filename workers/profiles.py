"""Kinds of workers: which queues each serves, with how many processes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """`memory_mb`: a pool process above it is replaced after its task; its slot is idle for half a second."""

    queues: tuple[str, ...]
    concurrency: int
    max_tasks_per_child: int
    memory_mb: int


PROFILES: dict[str, Profile] = {
    "general": Profile(("default", "extraction", "analysis", "generation", "maintenance"), 2, 5000, 1024),
    # one recording at a time: decoding uses every core it can get
    "extraction": Profile(("extraction",), 1, 10, 1024),
    "analysis": Profile(("analysis",), 2, 10, 1024),
    # default, too: else one dead general worker on a laptop would keep every new job waiting
    "generation": Profile(("generation", "default"), 2, 10, 1024),
    "maintenance": Profile(("maintenance", "default"), 1, 1000, 512),
}
