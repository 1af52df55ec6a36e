"""The benchmark of the job heart, in small: real servers, a real worker, every job done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[2]


def test_the_command_measures_rate_processor_and_latency() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.jobs", "--no-peers", "--runs=1", "--jobs=20", "--latency=3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
    )
    ours = json.loads(said.stdout.splitlines()[-1])["systems"]["Lectern"]
    assert ours["records"]
    assert ours["jobs_s"] > 0
    assert 0 < ours["p50_ms"] <= ours["p95_ms"]
