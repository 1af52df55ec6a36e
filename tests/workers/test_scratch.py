"""Work folders go with their owner, however it ends, and never before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.storage.scratch import scratch, sweep_abandoned

_OWNER = """
import sys, time
from pathlib import Path
from app.storage.scratch import scratch
with scratch(Path(sys.argv[1]), "stage") as folder:
    (folder / "large").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


def owner(root: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", _OWNER, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as said:
        return process, Path(said.readline().strip())


def test_what_a_killed_owner_left_goes_with_the_next_start_and_the_living_keep_theirs(tmp_path: Path) -> None:
    dead, left = owner(tmp_path)
    living, kept = owner(tmp_path)
    try:
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        assert (left / "large").exists()
        with scratch(tmp_path, "next") as mine:
            assert not left.exists()
            assert (kept / "large").exists()
            with scratch(tmp_path, "another"):
                assert mine.exists(), "of this very process, too"
        assert not mine.exists()
    finally:
        living.kill()
        living.wait()


def test_what_a_machine_that_is_gone_left_goes_after_a_day(tmp_path: Path) -> None:
    day_s, now = 86_400.0, time.time()
    gone, young = tmp_path / "work" / "gone" / "stage-a", tmp_path / "work" / "other" / "stage-b"
    for folder in (gone, young):
        folder.mkdir(parents=True)
        (folder.parent / "owner").touch()
        (folder / "large").write_text("x")
    os.utime(gone, (now - 2 * day_s, now - 2 * day_s))
    assert sweep_abandoned(tmp_path, now - day_s) == 1
    assert not gone.exists()
    assert (young / "large").exists()
    os.utime(gone.parent, (now - 2 * day_s, now - 2 * day_s))
    sweep_abandoned(tmp_path, now - day_s)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["other"]
