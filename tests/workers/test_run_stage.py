"""A real stage in a real child process: limits, cancel, shutdown, reuse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from app.jobs import control, status
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.store import reading
from tests.kinds import queue_of
from tests.stack import ROOT, wait_for
from tests.workers.conftest import SPEECH, MakePlatform, submit_speech, upload
from workers.run import run_stage


def run_next(platform: Platform, *, stopping: threading.Event | None = None) -> None:
    message = queue_of(platform).messages.pop(0)
    stop = stopping or threading.Event()
    run_stage(platform, message.job_id, message.stage_id, worker="w", stopping=stop.is_set)


def stage(platform: Platform, job_id: str, name: str) -> dict[str, Any]:
    document = status.read(platform, "local", job_id)
    found: dict[str, Any] = next(s for s in document["stages"] if s["name"] == name)
    return found


def stage_children() -> list[int]:
    """Process ids of children of this process that run a stage."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        try:
            pids = (task / "children").read_text().split()
            found += [int(p) for p in pids if b"workers.child" in Path(f"/proc/{p}/cmdline").read_bytes()]
        except FileNotFoundError:
            continue  # the thread or the child ended between two looks
    return found


def work_folders(platform: Platform) -> list[Path]:
    return [path for path in (platform.storage.root / "work").glob("*/*") if path.is_dir()]


def test_a_stage_runs_apart_and_its_cost_is_measured(make_platform: MakePlatform) -> None:
    platform = make_platform()
    job_id = submit_speech(platform)
    run_next(platform)
    assert stage(platform, job_id, "prepare")["state"] == "succeeded"
    with platform.db.read() as conn:
        (measured,) = reading.metrics(conn, job_id)
    assert measured.cpu_time > 0.05
    assert measured.peak_memory_usage > 20_000_000
    assert {m.task for m in queue_of(platform).messages} == {
        "tasks.split_video_task",
        "tasks.split_audio_task",
    }


def test_a_stage_that_takes_too_long_is_ended_with_a_reason(make_platform: MakePlatform) -> None:
    platform = make_platform(STAGE_SOFT_LIMIT_S="0.1", STAGE_HARD_LIMIT_S="0.1", MAX_FAILURES="1")
    job_id = submit_speech(platform)
    run_next(platform)
    document = status.read(platform, "local", job_id)
    assert document["status"] == "failed"
    assert document["error"]["code"] == "deadline_exceeded"
    assert stage_children() == []


def test_a_stage_that_eats_memory_is_ended_before_the_machine_suffers(make_platform: MakePlatform) -> None:
    platform = make_platform(STAGE_MEMORY_MB="256", MAX_FAILURES="1")
    job_id = submit_speech(platform)
    while queue_of(platform).messages:
        run_next(platform)
    heard = stage(platform, job_id, "transcribe_chunk")  # the speech model alone needs more than that
    assert (heard["state"], heard["error"]["code"]) == ("failed", "out_of_memory")


def start_slow_stage(platform: Platform, **more: Any) -> threading.Thread:
    """Start the next stage in a thread and return once its child process is at work."""
    thread = threading.Thread(target=run_next, args=(platform,), kwargs=more)
    thread.start()
    wait_for(stage_children, 20, "a stage's child process", every_s=0.01)
    return thread


def test_cancel_kills_what_runs_within_seconds_and_leaves_nothing(make_platform: MakePlatform) -> None:
    platform = make_platform()
    job_id = submit_speech(platform)
    thread = start_slow_stage(platform)
    (child,) = stage_children()
    os.kill(child, signal.SIGSTOP)  # however slow it is
    control.cancel(platform, "local", job_id)
    thread.join(10)
    assert not thread.is_alive()
    assert status.read(platform, "local", job_id)["status"] == "cancelled"
    assert not Path(f"/proc/{child}").exists()
    assert work_folders(platform) == []


def test_a_worker_that_stops_gives_its_stage_back(make_platform: MakePlatform) -> None:
    platform = make_platform()
    job_id = submit_speech(platform)
    stopping = threading.Event()
    thread = start_slow_stage(platform, stopping=stopping)
    (child,) = stage_children()
    os.kill(child, signal.SIGSTOP)
    stopping.set()
    thread.join(10)
    given_back = stage(platform, job_id, "prepare")
    assert (given_back["failures"], given_back["losses"]) == (0, 0)
    assert given_back["state"] == "published", "for the next worker, at once"


def test_a_killed_child_is_a_failure_that_is_tried_again(make_platform: MakePlatform) -> None:
    platform = make_platform()
    job_id = submit_speech(platform)
    thread = start_slow_stage(platform)
    (child,) = stage_children()
    os.kill(child, signal.SIGKILL)
    thread.join(10)
    failed = stage(platform, job_id, "prepare")
    assert (failed["state"], failed["failures"], failed["losses"]) == ("ready", 1, 0)
    assert "signal 9" in failed["error"]["message"]


def test_the_child_gets_no_secret_and_dies_with_its_parent(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    platform = make_platform()
    submit_speech(platform)
    message = queue_of(platform).messages.pop(0)
    script = (
        "import threading\n"
        "from tests.workers.conftest import *\n"
        "from workers.run import run_stage\n"
        "from app.settings import load\n"
        "s = load()\n"
        "p = build_platform(s, ListQueue())\n"
        f"run_stage(p, {message.job_id!r}, {message.stage_id}, worker='w', stopping=lambda: False)\n"
    )
    secret = {
        "USE_CELERY": "false",
        "DATABASE_URL": platform.settings.database_url,
        "STORAGE_PATH": str(platform.settings.storage_path),
        "API_SECRET": "hush",
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    parent = subprocess.Popen([sys.executable, "-c", script], env=secret, cwd=ROOT)

    def stage_of_parent() -> int | None:
        for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split():
            if b"workers.child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        return None

    child = wait_for(stage_of_parent, 20, "the stage's child", every_s=0.005)
    environment = Path(f"/proc/{child}/environ").read_bytes()
    assert b"hush" not in environment
    assert b"DATABASE_URL" not in environment
    parent.kill()
    parent.wait()
    gone = lambda: not Path(f"/proc/{child}").exists()  # noqa: E731
    wait_for(gone, 5, "the child ends with its parent", every_s=0.05)
    (left,) = work_folders(platform)
    other = tmp_path / "other.ogg"  # the dead one's work counts as being done until its lease ends
    other.write_bytes(SPEECH.read_bytes() + b"x")
    submit(platform, NewJob("local", "lecture", source=upload(platform, other)))
    run_next(platform)
    assert not left.exists(), "the next stage on this machine removes what the dead left"
    assert work_folders(platform) == []


def test_the_same_work_is_done_once(make_platform: MakePlatform) -> None:
    platform = make_platform()
    submit_speech(platform)
    run_next(platform)
    queue_of(platform).take()
    again = submit_speech(platform)
    began = time.monotonic()
    run_next(platform)
    assert time.monotonic() - began < 1.0
    with platform.db.read() as conn:
        (measured,) = reading.metrics(conn, again)
    assert measured.reused


def test_the_same_work_in_flight_is_waited_for(make_platform: MakePlatform) -> None:
    platform = make_platform()
    first, second = submit_speech(platform), submit_speech(platform)
    thread = start_slow_stage(platform)
    (child,) = stage_children()
    os.kill(child, signal.SIGSTOP)
    run_next(platform)
    waiting = stage(platform, second, "prepare")
    assert (waiting["state"], waiting["failures"]) == ("ready", 0)
    os.kill(child, signal.SIGCONT)
    thread.join(30)
    assert stage(platform, first, "prepare")["state"] == "succeeded"
    from app.jobs.steward import Steward

    queue_of(platform).take()
    assert Steward(platform, "s").feed() == 1, "woken by the finish, not by its time"
    run_next(platform)
    with platform.db.read() as conn:
        assert reading.metrics(conn, second)[0].reused


def test_a_kept_result_whose_files_are_gone_is_made_again(make_platform: MakePlatform) -> None:
    platform = make_platform()
    submit_speech(platform)
    run_next(platform)
    queue_of(platform).messages = [m for m in queue_of(platform).messages if "split_audio" in m.task]
    run_next(platform)
    (chunk,) = queue_of(platform).take()
    with platform.db.read() as conn:
        row = next(s for s in reading.stages(conn, chunk.job_id) if s.name == "transcribe_chunk")
    platform.storage.delete(row.params["digest"])
    again = submit_speech(platform)
    run_next(platform)
    queue_of(platform).messages = [m for m in queue_of(platform).messages if "split_audio" in m.task]
    run_next(platform)
    with platform.db.read() as conn:
        reused = {m.stage: m.reused for m in reading.metrics(conn, again)}
    assert reused == {"prepare": True, "split_audio": False}
    assert platform.storage.has(row.params["digest"])
