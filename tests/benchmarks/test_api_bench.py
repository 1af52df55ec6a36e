"""The API's benchmark: what it counts, and the whole of it in small against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.api import cost, designs, load
from benchmarks.api.__main__ import Row, summary
from benchmarks.environment import ROOT, NotInstallable


def test_ratios_are_of_the_same_row() -> None:
    rows = [
        Row(designs.OURS.name, "GET", 9000.0, 8.0, 0, 20.0),
        Row(designs.OURS.name, "POST", 300.0, 8.0, 1, 300.0),
        Row(designs.TYPICAL.name, "GET", 1000.0, 80.0, 5, 400.0),
    ]
    told = summary(rows)
    assert told["times_typical"] == {"GET": 9.0}
    assert told["times_cheaper"] == {"GET": 20.0}
    assert told["errors"] == 1


def test_processor_time_of_a_family_grows_with_its_work() -> None:
    before = cost.spent_s(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    sum(range(5_000_000))
    assert cost.spent_s(os.getpid()) > before


def _has_wrk() -> bool:
    try:
        load.wrk()
    except (NotInstallable, OSError):
        return False
    return True


@pytest.mark.services
def test_the_whole_in_small(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.api", "--alone", "--runs", "1", "--jobs", "40"]
    command += ["--seconds", "2", "--streams", "5", "--polls", "3", "--connections", "20"]
    if not _has_wrk():  # no apt, no wrk: then it has to say so
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 1
        assert "install wrk" in done.stderr
        return
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert [row["errors"] for row in told["rows"]] == [0] * 5
    assert "beside 5 streams, 3 polls" in told["rows"][-1]["what"]
