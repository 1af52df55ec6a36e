"""What the job heart stands on, put together once by a composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from app.cache import Cache
from app.jobs.model import Catalogue, Json
from app.jobs.queue import Queue
from app.settings import Settings
from app.storage import Storage
from app.store.database import Database

# Writes a stage's result into rows (slides, artifacts …): (connection, job id, owner id, result).
Projector = Callable[[Connection, str, str, Json], None]
# What a light stage does, inside the task.
Chore = Callable[["Platform"], Json]


@dataclass(frozen=True)
class Platform:
    settings: Settings
    db: Database
    cache: Cache
    queue: Queue
    storage: Storage
    catalogue: Catalogue
    projectors: Mapping[str, Projector]
    chores: Mapping[str, Chore] = field(default_factory=dict)
    functions: str = ""  # module whose `load(stage)` gives a heavy stage's function, in the child process
    schedule: Mapping[str, float] = field(default_factory=dict)  # internal kind → period in seconds

    def project(self, conn: Connection, job_id: str, owner_id: str, stage: str, result: Any) -> None:
        projector = self.projectors.get(stage)
        if projector is not None:
            projector(conn, job_id, owner_id, result)
