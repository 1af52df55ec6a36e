"""`lectern extract` on a real recording, with no server; bad files, foreign folders and interruptions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from little_video import EACH_S, ORDER, write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "little.mp4")


def held(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_extract_writes_the_listing_and_the_images_it_names(lectern, video, tmp_path):
    out = tmp_path / "deep" / "out"
    ran = lectern("extract", str(video), "--out", str(out), "--json")
    assert ran.code == 0, ran.err
    assert (ran.document["slides"], ran.document["intervals"]) == (3, 4)
    assert ran.document["duration_s"] == pytest.approx(len(ORDER) * EACH_S, abs=0.5)
    listing = json.loads((out / "slides.json").read_text())
    assert [row["start_s"] for row in listing] == pytest.approx([0, 6, 12, 18], abs=0.5)
    assert listing[0]["slide_id"] == listing[3]["slide_id"]
    assert held(out) == sorted({"slides.json", *(row["image"] for row in listing)})
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_extract_replaces_an_earlier_extraction_and_nothing_else(lectern, video, tmp_path):
    out = tmp_path / "out"
    (out / "slides").mkdir(parents=True)
    (out / "slides" / "slide_0099.png").write_bytes(b"old")
    (out / "slides.json").write_text("[]")
    assert lectern("extract", str(video), "--out", str(out)).code == 0
    assert "slides/slide_0099.png" not in held(out)
    (out / "thesis.txt").write_text("mine")
    ran = lectern("extract", str(video), "--out", str(out))
    assert ran.code == 2
    assert "is not empty" in ran.err
    assert lectern("extract", str(video), "--out", str(out), "--force").code == 0
    assert (out / "thesis.txt").read_text() == "mine"
    assert len(json.loads((out / "slides.json").read_text())) == 4


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.mp4", b"", "This file is empty"),
        ("text.mp4", b"Dear students,\n" * 200, "not an audio or video recording"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
    ],
)
def test_a_bad_file_is_exit_4_and_leaves_nothing(lectern, tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    ran = lectern("extract", str(tmp_path / name), "--out", str(tmp_path / "new" / "out"))
    assert ran.code == 4
    assert ran.err.count("\n") == 1
    assert sentence in ran.err
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_truncated_recording_says_so_or_gives_what_is_there(lectern, video, tmp_path):
    (tmp_path / "cut.mp4").write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    ran = lectern("extract", str(tmp_path / "cut.mp4"), "--out", str(tmp_path / "out"))
    assert ran.code == 4
    assert not (tmp_path / "out").exists()


def test_no_file_and_no_folder_are_exit_2(lectern, video, tmp_path):
    assert lectern("extract", str(tmp_path / "none.mp4"), "--out", str(tmp_path / "o")).code == 2
    assert lectern("extract", str(video)).code == 2
    assert lectern("extract", str(video), "--out", str(video)).err == f"lectern: {video} is not a folder.\n"


def test_extract_needs_no_web_job_or_database_library(video, tmp_path):
    code = (
        "import sys; from app.cli.main import main; code = main(sys.argv[1:]);"
        "print(code, sorted({'flask', 'celery', 'sqlalchemy', 'redis', 'app.settings'} & set(sys.modules)))"
    )
    argv = [sys.executable, "-c", code, "extract", str(video), "--out", str(tmp_path / "out"), "-q"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


_SLOWLY = """
import sys, time
from app.cli.main import main
from app.lectures import slides as room

whole = room.extract

def slowly(recording, folder, *, progress):
    def told(*said):
        time.sleep(1.0)  # else a short recording may be done before the signal comes
        progress(*said)
    return whole(recording, folder, progress=told)

room.extract = slowly
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_extraction_leaves_the_earlier_result(video, tmp_path, sent, code):
    out = tmp_path / "out"
    out.mkdir()
    (out / "slides.json").write_text("[]")
    argv = [sys.executable, "-c", _SLOWLY, "extract", str(video), "--out", str(out)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(out.glob(".*.partial")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(sent)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert held(out) == ["slides.json"]
    assert (out / "slides.json").read_text() == "[]"
    assert [p.name for p in out.iterdir()] == ["slides.json"]


_DEAF = """
import os, sys, time
from app.cli.main import main
from app.lectures import slides as room

whole = room.extract

def deaf(recording, folder, *, progress):
    try:
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(1.0)
    except BaseException:  # as PyAV loses what is raised at the end of a file
        pass
    return whole(recording, folder, progress=progress)

room.extract = deaf
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_a_library_loses_ends_the_extraction_all_the_same(video, tmp_path, sent, code):
    argv = [
        sys.executable,
        "-c",
        _DEAF,
        str(int(sent)),
        "extract",
        str(video),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
