"""Recordings that break off or are damaged: what is there is found, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from format_videos import TIMES, Format, encode

from app.lectures.model import SlideExtraction
from app.lectures.slides import extract

GROUPS = {"x264-params": "keyint=10:scenecut=0"}
VP9 = {"deadline": "realtime", "cpu-used": "8", "g": "10"}
BROKEN_OFF = {
    "index-first.mp4": Format(options=GROUPS, container={"movflags": "faststart"}),
    "fragmented.mp4": Format(options=GROUPS, container={"movflags": "frag_keyframe+empty_moov"}),
    "stream.ts": Format(options=GROUPS),
    "browser.webm": Format("libvpx-vp9", VP9),
    "old.avi": Format("mpeg4", {"b": "2000000"}),
}


def starts(found: SlideExtraction) -> list[float]:
    return sorted(interval.start_s for one in found.slides for interval in one.intervals)


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_what_was_recorded_before_it_broke_off(name: str, tmp_path: Path) -> None:
    whole = encode(tmp_path / name, BROKEN_OFF[name])
    broken = whole.with_name(f"broken-{name}")
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 70 // 100])
    found = extract(broken, tmp_path / "slides")
    assert 7.0 < found.duration_s < 10.5
    assert starts(found)[:3] == [pytest.approx(t, abs=0.11) for t in (0.0, 3.3, 6.2)]
    assert len(found.slides) == 3
    # The others carry no length to compare with, or one that is put right while opening.
    assert bool(found.warnings) is (name in {"index-first.mp4", "browser.webm"})


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
def test_a_damaged_middle_is_passed_over(suffix: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"damaged.{suffix}", Format(options=GROUPS))
    data = bytearray(path.read_bytes())
    middle = len(data) * 40 // 100  # within the second slide
    data[middle : middle + 3_000] = bytes(3_000)
    path.write_bytes(data)
    found = extract(path, tmp_path / "slides")
    got = starts(found)
    for t in (0.0, 6.2, 9.4):
        assert any(abs(t - one) <= 0.5 for one in got), (t, got)
    assert len(found.slides) >= len(TIMES)
