"""The benchmark of the line, short: it measures what it says, on real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.queue import measure, rig


@pytest.mark.services
def test_a_flood_is_measured_from_both_sides(tmp_path: Path) -> None:
    with rig(tmp_path) as platform:
        found = measure(platform, seconds=6.0, flood=300, jobs=24)
    assert found["jobs_per_s"] > 0
    assert found["alone_p95_s"] > 0
    assert found["beside_flood_p95_s"] < 60, "the small tenants wait for the whole flood"
    assert found["estimates"] > 0, "somebody of the flood was told a start, and started"
    assert found["estimate_median_error"] >= 0
