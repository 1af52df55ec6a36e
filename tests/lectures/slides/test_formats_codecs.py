"""One lecture out of every codec and container: all transitions, all slides, upright, in their colours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from format_videos import FPS, Format, check, encode

from app.lectures.media import probe
from app.lectures.slides import extract

HEVC = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=25"}
OPEN = "open-gop=1:keyint=20:bframes=4"
FIELDS = {"b": "4000000", "flags": "+ildct+ilme"}
VPX = {"deadline": "realtime", "cpu-used": "8"}
FORMATS = {
    "h264.mp4": Format(),
    "h264.mov": Format(),
    "h264.ts": Format(silence_s=12),
    "h264.avi": Format(),
    "h264-fragmented.mp4": Format(container={"movflags": "frag_keyframe+empty_moov"}),
    "h264-444.mp4": Format(pixels="yuv444p"),
    "h264-10-bit.mkv": Format(pixels="yuv420p10le"),
    "h264-full-range.mp4": Format(pixels="yuvj420p", full_range=True),
    "h264-open-groups.mp4": Format(options={"preset": "fast", "x264-params": OPEN}),
    "h264-one-key-frame.mp4": Format(options={"g": "9999", "sc_threshold": "0"}),
    "h264-key-frames-alone.mp4": Format(options={"g": "1"}),
    "h264-gradual-refresh.mkv": Format(options={"x264-params": "intra-refresh=1:keyint=30"}),
    "h264-interlaced.ts": Format(options={"x264-params": "tff=1"}, fps=Fraction(25), interlaced=True),
    "mpeg2-interlaced.mpg": Format("mpeg2video", FIELDS, fps=Fraction(25), interlaced=True),
    "hevc.mp4": Format("libx265", HEVC),
    "hevc-10-bit.mkv": Format("libx265", HEVC, pixels="yuv420p10le"),
    "vp8.webm": Format("libvpx", VPX),
    "vp9.webm": Format("libvpx-vp9", VPX),
    "vp9-live.webm": Format("libvpx-vp9", VPX, container={"live": "1"}),
    "av1.mp4": Format("libsvtav1", {"preset": "12"}),
    "mpeg2.mpg": Format("mpeg2video", {"b": "3000000", "bf": "2"}, fps=Fraction(25)),
    "mpeg4.avi": Format("mpeg4", {"b": "3000000"}),
    "wmv2.wmv": Format("wmv2", {"b": "2000000"}),
    "mjpeg.mov": Format("mjpeg", {"qmin": "2", "qmax": "4"}, pixels="yuvj420p"),
    "prores.mov": Format("prores_ks", pixels="yuv422p10le"),
    "animated.gif": Format("gif", pixels="rgb8"),
    "ffv1.mkv": Format("ffv1", pixels="bgr0"),
}  # fmt: skip
# Frames. A change is coded whole in the next frame that others refer to, though shown before it.
LATE = {"h264-open-groups.mp4": 4, "hevc.mp4": 2, "hevc-10-bit.mkv": 2}


@pytest.mark.parametrize("name", FORMATS)
def test_every_codec_and_container(name: str, tmp_path: Path) -> None:
    path = encode(tmp_path / name, FORMATS[name])
    found = extract(path, tmp_path / "slides")
    alike = 0.1 if name.endswith(".gif") else 0.005  # which has few colours
    check(found, tmp_path / "slides", within=0.101 + LATE.get(name, 0) / FPS, alike=alike)
    assert found.warnings == ()
    assert found.duration_s == pytest.approx(12.0, abs=0.15)
    assert probe(path).video_codec
