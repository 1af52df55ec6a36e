"""Pictures of every size and shape: odd pixels, portrait, 4K, a size that changes on the way."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from format_videos import Format, check, encode

from app.lectures.slides import extract
from app.lectures.slides.looks.frames import FrameSource

SLOW = Fraction(5)  # frames a second, to spare the large ones
VP9 = {"deadline": "realtime", "cpu-used": "8"}
SHAPES = {
    "1366x768.mp4": (Format(size=(1366, 768), fps=SLOW), (1366, 768)),
    "853x479.webm": (Format("libvpx-vp9", VP9, size=(853, 479), fps=SLOW), (853, 479)),
    "320x180.mp4": (Format(size=(320, 180)), (320, 180)),
    "160x90.mp4": (Format(size=(160, 90)), (160, 90)),
    "3840x2160.mp4": (Format(size=(3840, 2160), fps=Fraction(1)), (3840, 2160)),
    "4-to-3-pixels.mp4": (Format(size=(480, 360), pixel_aspect=Fraction(4, 3)), (640, 360)),
    "pal-wide.mkv": (Format(size=(720, 576), pixel_aspect=Fraction(64, 45)), (1024, 576)),
    "flat-pixels.mp4": (Format(size=(640, 180), pixel_aspect=Fraction(1, 2)), (640, 360)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape(name: str, tmp_path: Path) -> None:
    how, size = SHAPES[name]
    found = extract(encode(tmp_path / name, how), tmp_path / "slides")
    # Small pictures have less detail than the truth.
    alike = {True: 0.005, min(how.size) < 300: 0.03, min(how.size) < 100: 0.06}[True]
    check(found, tmp_path / "slides", size=size, within=1.01 / float(how.fps), alike=alike)


def test_portrait(tmp_path: Path) -> None:
    """As a telephone records: a slide between two bars."""
    found = extract(encode(tmp_path / "portrait.mp4", Format(bar=380)), tmp_path / "slides")
    check(found, tmp_path / "slides", size=(640, 1120), bar=380)


def test_a_resolution_that_changes_on_the_way(tmp_path: Path) -> None:
    """Web conferences do so. Transport streams can simply be put together."""
    parts = [
        encode(tmp_path / "first.ts", Format(times=[i / 10 for i in range(60)])),
        encode(tmp_path / "second.ts", Format(times=[i / 10 for i in range(60, 120)], size=(480, 360))),
    ]
    path = tmp_path / "changing.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    found = extract(path, tmp_path / "slides")
    assert [[(i.start_s, i.end_s) for i in one.intervals] for one in found.slides] == [
        [pytest.approx((0.0, 3.3), abs=0.11), pytest.approx((9.4, 12.0), abs=0.11)],
        [pytest.approx((3.3, 6.2), abs=0.11)],
        [pytest.approx((6.2, 9.4), abs=0.11)],
    ]
    assert (found.slides[1].width, found.slides[2].width) == (640, 480)
    with FrameSource(path) as source:
        shapes = {source.thumb(frame).shape for _, frame in source.span(0.0, 12.0)}
    assert len(shapes) == 1
