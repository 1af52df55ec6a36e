"""Progress over a long recording with one key frame, where nothing but decoding tells what happens."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from format_videos import Format, encode

from app.lectures.slides import extract


def test_progress_moves_steadily_through_a_quarter_of_an_hour(tmp_path: Path) -> None:
    times = [2.0 * i for i in range(450)]
    how = Format(times=times, size=(320, 180), fps=Fraction(1, 2), options={"g": "9999"})
    reports: list[float] = []
    found = extract(encode(tmp_path / "long.mp4", how), tmp_path / "slides", progress=reports.append)
    assert found.duration_s > 890
    assert reports == sorted(reports)
    assert reports[-1] == 1.0
    assert max(after - before for before, after in pairwise([0.0, *reports])) < 0.1
