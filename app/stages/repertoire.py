"""What an installation can do: its kinds of jobs, and what does the work of each of their stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.jobs.model import Catalogue
from app.jobs.platform import Chore, Projector
from app.stages.catalogue import CATALOGUE, SCHEDULE_S
from app.stages.chores import CHORES
from app.stages.projectors import PROJECTORS


@dataclass(frozen=True)
class Repertoire:
    """Handed to the composition roots, so that benchmarks can put kinds of their own on the same platform."""

    catalogue: Catalogue
    projectors: Mapping[str, Projector]
    chores: Mapping[str, Chore]
    functions: str  # a module, loaded in the child process: it may bring large libraries
    schedule: Mapping[str, float]


LECTERN = Repertoire(CATALOGUE, PROJECTORS, CHORES, "app.stages.functions", SCHEDULE_S)
