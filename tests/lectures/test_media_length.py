"""How long a recording says it is, and how much of it can be read."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from test_media import cut, record

from app.lectures import media


def test_mp4_cut_off_after_its_index_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mp4", seconds=20, options={"movflags": "faststart"})
    assert media.probe(whole).warnings == ()
    info = media.probe(cut(whole, 0.5))
    assert info.duration_s == pytest.approx(10, abs=1.0)
    assert len(info.warnings) == 1
    assert "should last 0:00:20" in info.warnings[0]
    assert "until 0:00:" in info.warnings[0]


def test_mkv_cut_off(tmp_path: Path) -> None:
    info = media.probe(cut(record(tmp_path / "a.mkv", seconds=20), 0.5))
    assert 7 < info.duration_s < 13
    assert "cut off" in info.warnings[0]


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4", ".mov", ".ts"])
def test_a_clock_that_starts_late_is_not_a_cut(tmp_path: Path, suffix: str) -> None:
    info = media.probe(record(tmp_path / f"a{suffix}", seconds=20, video_starts_s=40, audio_starts_s=40))
    assert info.warnings == ()
    assert info.duration_s == pytest.approx(20, abs=0.2)


def test_mkv_whose_clock_starts_late_cut_off(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mkv", seconds=20, video_starts_s=40, audio_starts_s=40)
    info = media.probe(cut(whole, 0.5))
    assert 7 < info.duration_s < 13
    assert "should last 0:00:20" in info.warnings[0]


def test_mkv_whose_length_is_counted_from_its_first_picture_cut_off(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mkv", seconds=20, video_starts_s=40, audio_starts_s=40)
    data, mark = whole.read_bytes(), b"\x44\x89\x88"  # the element Duration, eight bytes long
    at = data.index(mark) + len(mark)
    (length_ms,) = struct.unpack(">d", data[at : at + 8])
    whole.write_bytes(data[:at] + struct.pack(">d", length_ms - 40_000) + data[at + 8 :])
    assert media.probe(whole).warnings == ()
    assert "should last 0:00:20" in media.probe(cut(whole, 0.5)).warnings[0]


def test_duration_is_measured_where_the_header_has_none(tmp_path: Path) -> None:
    path = record(tmp_path / "a.webm", options={"live": "1"})
    with media.open_media(path) as container:
        assert not container.duration
    assert media.probe(path).duration_s == pytest.approx(4.0, abs=0.15)
