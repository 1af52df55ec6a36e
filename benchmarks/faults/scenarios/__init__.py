"""The faults, one function each: `run(rig, size)` does the harm and returns what it measured.

What is asserted inside is the scenario's own promise; that nothing is lost, doubled or half is the checker's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from benchmarks.faults.rig import Rig

T = TypeVar("T")
SIZES = ("short", "quick", "full")


@dataclass(frozen=True)
class Size:
    name: str = "full"

    def of(self, short: T, quick: T, full: T) -> T:
        return {"short": short, "quick": quick, "full": full}[self.name]


@dataclass(frozen=True)
class Scenario:
    name: str
    fault: str
    goal: str
    most: Mapping[str, float]  # figure → the most that the goal allows it to be
    run: Callable[[Rig, Size], dict[str, Any]]
    environ: Mapping[str, str] = field(default_factory=dict)
    workers: int = 2
