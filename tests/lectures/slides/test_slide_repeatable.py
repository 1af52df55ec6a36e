"""The same recording gives the same result, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from slide_videos import record, shown, slide, with_speaker

from app.lectures.slides import extract, write_listing
from app.lectures.slides.looks import frames

A = slide("Motivation", ["Aggregate demand", "Price stickiness"])
B_FIRST = slide("Main result", ["Bound on the learning rate"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum: 0.9"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_two_runs_give_the_same_bytes_however_many_threads_decode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Results are kept by the digest of the recording, so nothing may depend on the order of threads."""
    script = shown((0, A), (4.3, B_FIRST), (7, B), (9.6, C))
    path = record(tmp_path / "lecture.mp4", lambda t: with_speaker(script(t), t), 14.0)
    for run, count in (("first", 2), ("again", threads)):
        monkeypatch.setattr(frames, "_THREADS", count)
        write_listing(extract(path, tmp_path / run / "slides"), tmp_path / run)
    first = files_in(tmp_path / "first")
    assert len(first) > 3
    assert files_in(tmp_path / "again") == first
