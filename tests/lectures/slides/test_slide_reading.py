"""Processes that read parts beside the first: what goes wrong there is told here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from slide_videos import record, shown, slide

from app.errors import BadMedia
from app.lectures.slides import plan
from app.lectures.slides.reading import Beside, Here

A, B = slide("Overview", ["Price stickiness"]), slide("Case study", ["Capital controls"])


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("reading") / "lecture.mp4", shown((0, A), (9, B)), 16.0)


def test_a_process_beside_finds_the_same(lecture: Path, tmp_path: Path) -> None:
    planned = plan(lecture, part_s=8)
    here = Here(lecture, planned, tmp_path).read(1, lambda share: None).read_bytes()
    shares: list[float] = []
    with closing(Beside(lecture, planned, tmp_path)) as beside:
        assert beside.read(1, shares.append).read_bytes() == here
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_what_a_process_beside_cannot_read_is_said_as_ever(lecture: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(lecture, tmp_path))
    planned = plan(path, part_s=8)
    path.write_bytes(b"")
    with closing(Beside(path, planned, tmp_path)) as beside, pytest.raises(BadMedia, match="empty"):
        beside.read(0, lambda share: None)


def test_a_process_beside_that_died_is_noticed(lecture: Path, tmp_path: Path) -> None:
    with closing(Beside(lecture, plan(lecture, part_s=8), tmp_path)) as beside:
        os.kill(beside.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="part 0"):
            beside.read(0, lambda share: None)


def test_a_process_beside_dies_with_who_started_it(lecture: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan(lecture, part_s=8).model_dump_json())
    starts = (
        "import sys; from pathlib import Path; from app.lectures.slides import SlidePlan; "
        "from app.lectures.slides.reading import Beside; path, folder = map(Path, sys.argv[1:]); "
        "planned = SlidePlan.model_validate_json((folder / 'plan.json').read_bytes()); "
        "beside = Beside(path, planned, folder); beside.read(1, lambda share: None); "
        "print(beside.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starts, lecture, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        beside = int(parent.stdout.readline())
        os.kill(beside, signal.SIGSTOP)  # so that it cannot end because its input does
        parent.kill()
    deadline = time.monotonic() + 10
    while _runs(beside) and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        assert not _runs(beside)
    finally:
        with suppress(ProcessLookupError):
            os.kill(beside, signal.SIGKILL)


def _runs(pid: int) -> bool:
    """Whether there is such a process, and more of it than its end to be told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
