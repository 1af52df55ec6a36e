"""Files made to exhaust a machine: the stage that parses one ends with a sentence, and nothing else does."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.jobs import status
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from tests import bombs
from tests.kinds import queue_of
from tests.stack import wait_for
from tests.workers.conftest import SPEECH, MakePlatform, upload
from tests.workers.test_run_stage import run_next, stage, stage_children
from workers.memory import memory_of


def run_deck(platform: Platform, deck: Path) -> dict[str, Any]:
    """The stage that read the deck of a spoken lecture, once it has ended."""
    command = NewJob("local", "lecture", source=upload(platform, SPEECH), deck=upload(platform, deck))
    job_id = submit(platform, command).job_id
    queue_of(platform).messages = [m for m in queue_of(platform).messages if "read_deck" in m.task]
    run_next(platform)
    assert stage_children() == []
    assert status.read(platform, "local", job_id)["status"] == "running", "the lecture itself goes on"
    return stage(platform, job_id, "read_deck")


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (bombs.content_bomb, {"out_of_memory", "crashed"}),  # told by us, or by the allocator of the parser
        (bombs.zip_bomb, {"bad_media", "too_large"}),
        (bombs.laughing_deck, {"bad_media"}),
    ],
)
def test_a_deck_that_unpacks_into_gigabytes(
    make_platform: MakePlatform, tmp_path: Path, make: Callable[[Path], Path], codes: set[str]
) -> None:
    deck = make(tmp_path / "deck")
    assert deck.stat().st_size < 2_000_000
    read = run_deck(make_platform(STAGE_MEMORY_MB="512", MAX_FAILURES="1"), deck)
    assert read["state"] == "failed"
    assert read["error"]["code"] in codes
    assert read["error"]["message"].endswith(".")


def test_a_page_with_a_picture_of_gigabytes_is_left_without_one(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    read = run_deck(make_platform(STAGE_MEMORY_MB="512"), bombs.picture_bomb(tmp_path / "deck.pdf"))
    assert read["state"] == "succeeded"


def test_a_page_that_never_ends_is_ended_by_its_silence(make_platform: MakePlatform, tmp_path: Path) -> None:
    platform = make_platform(STAGE_SILENCE_S="3", MAX_FAILURES="1")
    read = run_deck(platform, bombs.endless_page(tmp_path / "deck.pdf"))
    assert (read["state"], read["error"]["code"]) == ("failed", "deadline_exceeded")
    assert "stuck" in read["error"]["message"]


def test_a_recording_of_gigantic_pictures_is_refused(make_platform: MakePlatform, tmp_path: Path) -> None:
    platform = make_platform()
    source = upload(platform, bombs.huge_recording(tmp_path / "huge.mov"))
    job_id = submit(platform, NewJob("local", "lecture", source=source)).job_id
    run_next(platform)
    refused = status.read(platform, "local", job_id)["error"]
    assert refused["code"] == "bad_media"
    assert "9000 × 9000" in refused["message"]


def test_memory_counts_what_a_stage_started() -> None:
    size = 200_000_000
    inner = f"x = b'x' * {size}; print('ready', flush=True); input()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait_for(lambda: memory_of(process.pid) > size, 10, "memory of the grandchild")
        alone = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * resource.getpagesize()
        assert alone < size
        process.stdin.write("\n")
        process.stdin.close()
    finally:
        process.wait(timeout=30)
        process.stdout.close()
