"""Process records: only what we started is found, and only that is ever signalled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers.local import processes

WAIT = "print('up', flush=True); time.sleep(60)"
SLEEPER = [sys.executable, "-c", f"import time; {WAIT}"]
IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = [sys.executable, "-c", f"import signal, time; {IGNORE}; {WAIT}"]


def spawn(state: Path, argv: list[str]) -> processes.Record:
    record = processes.spawn(state, "job", argv, env={}, cwd=state)
    deadline = time.monotonic() + 10
    while "up" not in processes.log_tail(state, "job"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return record


def test_a_process_is_found_and_stopped(tmp_path: Path) -> None:
    record = spawn(tmp_path, SLEEPER)
    assert processes.running(tmp_path, "job") == record
    assert processes.stop(tmp_path, "job")
    assert processes.running(tmp_path, "job") is None
    assert processes.start_mark(record.pid) != record.started
    assert not processes.stop(tmp_path, "job")


def test_one_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    record = spawn(tmp_path, STUBBORN)
    began = time.monotonic()
    assert processes.stop(tmp_path, "job", grace_s=0.3)
    assert 0.3 <= time.monotonic() - began < 4
    assert processes.start_mark(record.pid) != record.started


def test_a_recycled_pid_is_not_ours_and_is_left_alone(tmp_path: Path) -> None:
    record = spawn(tmp_path, SLEEPER)
    processes.stop(tmp_path, "job")
    stranger = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL)  # stands for the pid's next owner
    try:
        note = tmp_path / "run" / "job.json"
        note.write_text(
            json.dumps({"name": "job", "pid": stranger.pid, "started": record.started, "since": record.since})
        )
        assert processes.running(tmp_path, "job") is None
        assert not processes.stop(tmp_path, "job", grace_s=0.1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_one_that_died_by_itself_is_not_running(tmp_path: Path) -> None:
    record = spawn(tmp_path, SLEEPER)
    subprocess.run(["/bin/kill", f"-{signal.SIGKILL}", str(record.pid)], check=True)
    deadline = time.monotonic() + 5
    while processes.running(tmp_path, "job"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "job.json").write_text(content)
    assert processes.running(tmp_path, "job") is None


def test_the_log_says_what_it_said_last(tmp_path: Path) -> None:
    assert processes.log_tail(tmp_path, "job") == "  (no log)"
    (tmp_path / "logs").mkdir()
    processes.log_file(tmp_path, "job").write_text("\n".join(str(n) for n in range(100)))
    assert processes.log_tail(tmp_path, "job", lines=2) == "  98\n  99"


def test_a_log_that_grew_large_is_set_aside_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_LOG_BYTES", 10)
    (tmp_path / "logs").mkdir()
    processes.log_file(tmp_path, "job").write_text("a long story\n")
    spawn(tmp_path, SLEEPER)
    processes.stop(tmp_path, "job")
    assert processes.log_tail(tmp_path, "job") == "  up"
    assert (tmp_path / "logs" / "job.log.1").read_text() == "a long story\n"
