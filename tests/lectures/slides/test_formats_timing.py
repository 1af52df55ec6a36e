"""Clocks that start anywhere, run unevenly or are missing; few frames, many frames, hidden frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from format_videos import FPS, SECONDS, TIMES, A, B, C, Format, check, encode, lecture, remux
from slide_videos import shown

from app.lectures.slides import extract


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(
        tmp_path_factory.mktemp("plain") / "plain.mp4", Format(options={"x264-params": "keyint=40"})
    )


def later(seconds: float) -> list[list[tuple[float, float]]]:
    """What is shown at the very beginning is taken to have been there from 0 on."""
    return [[(a + seconds if a else 0.0, b + seconds) for a, b in pairs] for pairs in TIMES]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_pictures_that_begin_after_the_sound(suffix: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"late.{suffix}", Format(first_s=1.075, silence_s=14))
    check(extract(path, tmp_path / "slides"), tmp_path / "slides", times=later(1.075))


def test_sound_that_goes_on_after_the_pictures(tmp_path: Path) -> None:
    found = extract(encode(tmp_path / "long.mp4", Format(silence_s=20)), tmp_path / "slides")
    check(found, tmp_path / "slides")
    assert found.duration_s == pytest.approx(20, abs=0.2)


def test_a_recording_trimmed_between_key_frames(plain: Path, tmp_path: Path) -> None:
    path = remux(tmp_path / "trimmed.mp4", [plain], shift_s=-2.0, avoid_negative_ts="disabled")
    with av.open(str(path)) as container:
        assert any(packet.is_discard for packet in container.demux()), "the fixture must hide frames"
    times = [[(max(0.0, a - 2), b - 2) for a, b in pairs] for pairs in TIMES]
    check(extract(path, tmp_path / "slides"), tmp_path / "slides", times=times)


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_a_clock_that_starts_far_from_zero(suffix: str, plain: Path, tmp_path: Path) -> None:
    path = remux(tmp_path / f"far.{suffix}", [plain], shift_s=36_000.0)
    check(extract(path, tmp_path / "slides"), tmp_path / "slides")


def test_a_variable_frame_rate(tmp_path: Path) -> None:
    moving = [i / 15 for i in range(30)]
    times = [*moving, 3.3, *[6.2 + i / 30 for i in range(20)], 9.4, 9.5, 11.9]
    found = extract(encode(tmp_path / "variable.mkv", Format(times=times)), tmp_path / "slides")
    check(found, tmp_path / "slides")


@pytest.mark.parametrize("fps", [Fraction(1), Fraction(1, 2)])
def test_one_frame_in_a_second_or_two(fps: Fraction, tmp_path: Path) -> None:
    found = extract(encode(tmp_path / "few.mp4", Format(fps=fps)), tmp_path / "slides")
    shown_at = [-(-t * fps // 1) / fps for t in (3.3, 6.2, 9.4)]  # the first frame at or after each cut
    one, two, three = (float(t) for t in shown_at)
    times = [[(0.0, one), (three, SECONDS)], [(one, two)], [(two, three)]]
    check(found, tmp_path / "slides", times=times, within=0.02)


def test_sixty_frames_a_second(tmp_path: Path) -> None:
    found = extract(encode(tmp_path / "many.mp4", Format(fps=Fraction(60))), tmp_path / "slides")
    check(found, tmp_path / "slides", within=0.05)


def test_packets_without_time_stamps(tmp_path: Path) -> None:
    path = encode(tmp_path / "bare.avi", Format("mjpeg", {"qmin": "2", "qmax": "4"}, pixels="yuvj420p"))
    check(extract(path, tmp_path / "slides"), tmp_path / "slides")


def test_the_first_of_several_video_streams(plain: Path, tmp_path: Path) -> None:
    other = encode(tmp_path / "other.mp4", Format(size=(320, 180), times=[0.0, 5.0, 11.9]))
    path = remux(tmp_path / "two.mkv", [plain, other])
    check(extract(path, tmp_path / "slides"), tmp_path / "slides")


def test_the_lecture_shows_what_the_truth_says() -> None:
    for start_s, _ in [pair for pairs in TIMES for pair in pairs][1:]:
        changed = (lecture(start_s) != lecture(start_s - 1 / FPS)).any(axis=2)
        assert changed.mean() > 0.005


@pytest.mark.parametrize(
    "how",
    [Format("libsvtav1", {"preset": "12"}), Format("libvpx-vp9", {"deadline": "good", "cpu-used": "5"})],
    ids=["av1", "vp9"],
)
def test_a_coder_that_runs_ahead_is_no_reason_to_change_slides_early(how: Format, tmp_path: Path) -> None:
    """Of slides that stand for long SVT-AV1 codes the next one a second before it is shown."""
    long = replace(how, times=[i / FPS for i in range(24 * FPS)])
    path = encode(tmp_path / "ahead.mkv", long, shown((0.0, A), (6.0, B), (12.0, C), (18.0, A)))
    times = [[(0.0, 6.0), (18.0, 24.0)], [(6.0, 12.0)], [(12.0, 18.0)]]
    check(extract(path, tmp_path / "slides"), tmp_path / "slides", times=times, within=0.11)
