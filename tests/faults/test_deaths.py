"""Real workers, killed under leases of two minutes: what they held others take up long before those end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from benchmarks.faults.rig import Rig
from benchmarks.lab.stack import wait_for

pytestmark = pytest.mark.services
LEASE_S = 120
LONG_BEFORE_S = 40  # a second or two, and whatever a busy machine takes to start a worker's process anew


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("deaths"), {"LEASE_S": str(LEASE_S)}, workers=2) as made:
        yield made


def claims(rig: Rig, job_id: str) -> list[str]:
    """Who has claimed the job's stage, in order."""
    told = "SELECT data->>'worker' FROM events WHERE job_id = %s AND type = 'stage.started' ORDER BY version"
    return [worker for (worker,) in rig.query(told, job_id)]


def ends_once(rig: Rig, job_id: str) -> None:
    """It has ended well, after one loss and no failure, and left one effect."""
    wait_for(partial(rig.succeeded, [job_id]), 60, "the job ends")
    assert rig.query("SELECT losses, failures FROM stages WHERE job_id = %s", job_id) == [(1, 0)]
    assert rig.query("SELECT count(*) FROM lab_effects WHERE job_id = %s", job_id) == [(1,)]
    verdict = rig.check()
    counted = ("lost", "live", "doubled", "half", "corrupt")
    assert {what: verdict[what] for what in counted} == {what: [] for what in counted}


def begin(rig: Rig, kind: str, **params: float) -> tuple[str, int]:
    """(job, process id of the pool's child that runs it)."""
    job_id = rig.load.post(kind, **params)
    (worker,) = wait_for(partial(claims, rig, job_id), 30, "it is claimed", every_s=0.05)
    return job_id, int(worker.rpartition("/")[2])


def taken_up_again(rig: Rig, job_id: str, since: float) -> None:
    wait_for(lambda: len(claims(rig, job_id)) == 2, LONG_BEFORE_S, "another takes the stage up")
    assert time.monotonic() - since < LONG_BEFORE_S


@pytest.mark.parametrize(("kind", "params"), [("doze", {}), ("write", {"seconds": 3.0})])
def test_a_killed_child_of_a_worker(rig: Rig, kind: str, params: dict[str, float]) -> None:
    job_id, pid = begin(rig, kind, **params)
    rig.kill(pid)
    taken_up_again(rig, job_id, time.monotonic())
    ends_once(rig, job_id)


def test_a_whole_worker(rig: Rig) -> None:
    job_id, pid = begin(rig, "doze")
    rig.kill_worker(next(name for name in rig.worker_names() if pid in rig.pool_children(name)))
    taken_up_again(rig, job_id, time.monotonic())
    ends_once(rig, job_id)


def test_a_child_killed_while_the_database_is_away(rig: Rig) -> None:
    job_id, pid = begin(rig, "doze")
    rig.postgres.hole = True
    rig.kill(pid)
    time.sleep(3)  # several looks that find no database
    assert rig.query("SELECT state, losses FROM stages WHERE job_id = %s", job_id) == [("running", 0)]
    rig.postgres.hole = False
    taken_up_again(rig, job_id, time.monotonic())
    ends_once(rig, job_id)
