"""A job's progress goes forward while its work does, also when a stage splits and more stages are known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.jobs import runs, shares, status
from app.jobs.model import Done, Json
from app.jobs.platform import Platform
from app.stages.catalogue import LECTURE
from tests.jobs.test_runs import take
from tests.kinds import start


def progress(platform: Platform, job_id: str) -> float:
    found: float = status.read(platform, "local", job_id)["progress"]
    return found


def test_progress_never_falls_as_a_stage_splits(platform: Platform) -> None:
    job_id = start(platform, "fan")
    split = take(platform, "split")
    seen = [progress(platform, job_id)]
    for fraction in (0.5, 1.0):
        status.report_progress(platform, job_id, split.stage_id, split.lease_id, fraction, "splitting")
        seen.append(progress(platform, job_id))
    runs.finish(platform, split, Done({}, spawn=({"i": 0}, {"i": 1})))
    seen.append(progress(platform, job_id))
    for _ in range(2):
        piece = take(platform, "piece")
        status.report_progress(platform, job_id, piece.stage_id, piece.lease_id, 0.5, "")
        seen.append(progress(platform, job_id))
        runs.finish(platform, piece, Done({}))
        seen.append(progress(platform, job_id))
    runs.finish(platform, take(platform, "gather"), Done({}))
    seen.append(progress(platform, job_id))
    assert seen == sorted(seen)
    assert seen == pytest.approx([0, 1 / 6, 1 / 3, 1 / 3, 5 / 12, 1 / 2, 7 / 12, 2 / 3, 1], abs=1e-3)


def test_progress_grows_when_there_was_nothing_to_split(platform: Platform) -> None:
    job_id = start(platform, "fan")
    runs.finish(platform, take(platform, "split"), Done({}))
    assert progress(platform, job_id) == 0.5


def test_chunks_that_will_never_come_weigh_nothing() -> None:
    for state, planned in (("running", 8.0), ("ready", 8.0), ("failed", None), ("skipped", None)):
        stages: Sequence[Json] = [{"name": "split_audio", "state": state, "weight": 1.0, "progress": 0.0}]
        shares.plan_chunks(LECTURE, stages)
        assert stages[0].get("chunks_weight") == planned
