"""What a program took."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.slides.measure import Failed, run


def python(program: str, log: Path, limit_s: float = 60) -> float:
    return run([sys.executable, "-c", program], log, cwd=log.parent, limit_s=limit_s).peak_mb


_TWO_AT_ONCE = """
import subprocess, sys, time
hold = "held = bytearray(150_000_000); print(); input()"
command = [sys.executable, "-c", hold]
both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
[child.stdout.readline() for child in both]
time.sleep(0.8)
[child.communicate(b"end") for child in both]
"""


def test_memory_is_the_programs_own_and_its_childrens(tmp_path: Path) -> None:
    ballast = bytearray(200_000_000)  # of the measuring process: no matter of the measured one
    small = python("import time; time.sleep(0.2)", tmp_path / "log")
    assert 3 < small < 100 < len(ballast) / 1e6
    hold = "held = bytearray(150_000_000); import time; time.sleep(0.3)"
    grown = python(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])", tmp_path / "log"
    )
    assert grown > small + 100
    assert python(_TWO_AT_ONCE, tmp_path / "log") > grown + 100


def test_the_memory_of_a_program_that_ends_at_once_is_known_too(tmp_path: Path) -> None:
    assert python("held = bytearray(150_000_000)", tmp_path / "log") > 150


def test_what_ends_badly_says_why(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no luck"):
        python("raise SystemExit('no luck')", tmp_path / "log")
    with pytest.raises(Failed, match="stopped after"):
        python("import time; time.sleep(60)", tmp_path / "log", limit_s=0.5)
