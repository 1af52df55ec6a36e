"""The batch benchmark, in small: it runs, and the batch beats the typical design."""

from __future__ import annotations

from benchmarks.batch import measure


def test_both_take_the_batch_and_every_job_is_kept() -> None:
    found = measure(jobs=500, rounds=1)
    assert found["jobs"] == 500
    assert 0 < found["ours_s"] < found["typical_s"]
    assert found["typical_rows_s"] < found["typical_s"]
