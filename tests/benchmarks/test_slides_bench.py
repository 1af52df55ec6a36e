"""The slide benchmark end to end, in small: render, extract, score."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import pytest

from benchmarks.slides import generate
from benchmarks.slides.encode import Coding
from benchmarks.slides.profiles import PROFILES
from benchmarks.slides.repeat import repeat
from benchmarks.slides.score import score
from benchmarks.slides.tools import run_lectern

ROOT = Path(__file__).parents[2]


def test_the_truth_has_no_gaps_and_fits_the_recording(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    segments = truth["segments"]
    assert segments[0]["start_s"] == 0
    assert [s["end_s"] for s in segments[:-1]] == [s["start_s"] for s in segments[1:]]
    assert segments[-1]["end_s"] == truth["duration_s"]
    with av.open(str(recording / "video.mp4")) as container:
        frames = [frame.time for frame in container.decode(video=0)]
    assert len(frames) == truth["encoded_frames"]
    assert frames[0] == 0
    assert frames[-1] == pytest.approx(truth["duration_s"] - 1 / 10, abs=1e-3)


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    profile = replace(PROFILES["mixed"], width=64, height=36, minutes=0.2, mean_s=4, coding=Coding(fps=5))
    one, two, three = (
        json.loads(generate.make("mixed", profile, seed, tmp_path / str(i)).read_text())["segments"]
        for i, seed in enumerate((3, 3, 4))
    )
    assert one == two
    assert one != three


def test_passages_that_show_a_film_are_told_as_such(tmp_path: Path) -> None:
    """A talk that leaves its slides for a film: no slide is listed for it, and it is said what it is."""
    profile = replace(
        PROFILES["demo"],
        width=640,
        height=360,
        minutes=0.8,
        mean_s=8,
        demos=0.5,
        coding=Coding(fps=10, keyint=20),
    )
    truth = generate.make("demo", profile, 4, tmp_path)
    assert "video" in {one["kind"] for one in json.loads(truth.read_text())["segments"]}
    run_lectern.find(tmp_path / "video.mp4", tmp_path / "found")
    found = score(truth, tmp_path / "found" / "slides.json")
    assert found.passages.free == found.passages.known == found.passages.all > 0
    assert found.slides.count.f1 == 1


def test_a_recording_that_is_repeated_keeps_its_frames_and_its_truth(recording: Path, tmp_path: Path) -> None:
    once = json.loads((recording / "truth.json").read_text())
    truth = json.loads(repeat(recording, 3 * once["duration_s"] / 60, tmp_path).read_text())
    with av.open(str(tmp_path / truth["video"])) as container:
        frames = [frame.time for frame in container.decode(video=0)]
    assert len(frames) == truth["encoded_frames"] == 3 * once["encoded_frames"]
    assert frames == pytest.approx([i / 10 for i in range(len(frames))], abs=1e-3)
    assert truth["duration_s"] == pytest.approx(3 * once["duration_s"], abs=0.01)
    segments = truth["segments"]
    assert [s["end_s"] for s in segments[:-1]] == pytest.approx([s["start_s"] for s in segments[1:]])
    assert all((tmp_path / slide["image"]).is_file() for slide in truth["slides"])
    shown_s = [sum(b - a for a, b in slide["intervals"]) for slide in truth["slides"]]
    once_s = [sum(b - a for a, b in slide["intervals"]) for slide in once["slides"]]
    assert shown_s == pytest.approx([3 * seconds for seconds in once_s], abs=0.01)


def test_the_command_measures_lectern_and_the_floors(recording: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.slides", "--no-peers", "--videos", str(recording), "--sheet"],
        cwd=ROOT,
        env=os.environ | {"LECTERN_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
    )
    summary = json.loads(said.stdout.splitlines()[-1])
    assert set(summary["to_floors"][recording.name]) == {"demux", "key frames", "full decode"}
    assert summary["own_frames"][recording.name] >= 0.9
    told = summary["results"]
    assert [result["runner"] for result in told] == ["demux", "key frames", "full decode", "Lectern"]
    assert all(result["spent"]["peak_mb"] > 20 and result["x_realtime"] > 0 for result in told)
    # Two of its visits to twins last three seconds.
    assert told[-1]["figures"]["f1_1s"] >= 0.95
    assert told[-1]["figures"]["distinct_f1"] == 1.0
    assert told[-1]["figures"]["ssim"] >= 0.9
    sheet = tmp_path / "bench" / "found" / recording.name / "Lectern" / "sheet.png"
    assert sheet.stat().st_size > 10_000
