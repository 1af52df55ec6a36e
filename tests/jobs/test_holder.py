"""Who holds a lease can be seen to have died, on this machine, and nobody else is ever taken for dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.jobs.holder import here, is_dead, new_lease

Process = subprocess.Popen[str]


@pytest.fixture
def other() -> Iterator[Process]:
    """A process that has said which lease it holds, and waits."""
    script = "from app.jobs.holder import new_lease; print(new_lease(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def lease_of(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_lease_fits_its_column_and_is_nobody_elses() -> None:
    made = {new_lease() for _ in range(100)}
    assert len(made) == 100
    assert all(lease.startswith(here()) and len(lease) <= 36 for lease in made)
    largest = new_lease().replace(f"-{os.getpid()}-", "-4194304-")
    assert len(largest) <= 36


def test_who_lives_or_is_frozen_is_not_dead_and_who_was_killed_is(other: Process) -> None:
    lease = lease_of(other)
    assert not is_dead(lease)
    other.send_signal(signal.SIGSTOP)
    assert not is_dead(lease)
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(lease), "its parent has not yet asked how it ended"
    other.wait()
    assert is_dead(lease), "its number is free again"


def test_of_another_place_nobody_is_dead(other: Process) -> None:
    lease = lease_of(other)
    other.kill()
    other.wait()
    assert is_dead(lease)
    assert not is_dead("0123456789" + lease[10:])
    assert not is_dead("4f0c2d5e-8b1a-4e7f-9c55-1f3a2b6d7e80"), "as leases were before"
