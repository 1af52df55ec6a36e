"""Workers that are started and end as needed, as processes of this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.local import processes

_ROOT = Path(__file__).resolve().parents[2]
PREFIX = "worker-auto-"  # of their records and logs; the rest is PROFILE-NUMBER


@dataclass(frozen=True)
class LocalWorkers:
    """`command` is what starts a composition root, like ("celery_worker.py",). Their records lie in `state`,
    so that whoever comes after knows them, and `stop` finds them."""

    state: Path
    command: Sequence[str]

    def mine(self) -> dict[int, str]:
        """Process id → profile of those that live, starting and draining ones included."""
        found = {}
        for name in grown(self.state):
            record = processes.running(self.state, name)
            if record is None:
                processes.stop(self.state, name)  # only its record is left
            else:
                found[record.pid] = name.removeprefix(PREFIX).rpartition("-")[0]
        return found

    def start(self, profile: str) -> None:
        taken = set(grown(self.state))
        number = next(n for n in range(1, len(taken) + 2) if f"{PREFIX}{profile}-{n}" not in taken)
        argv = [sys.executable, "-u", *self.command, "worker", "--profile", profile]
        processes.spawn(self.state, f"{PREFIX}{profile}-{number}", argv, env=None, cwd=_ROOT)


def grown(state: Path) -> list[str]:
    """Names of the records of such workers, alive or not."""
    return [name for name in processes.recorded(state) if name.startswith(PREFIX)]
