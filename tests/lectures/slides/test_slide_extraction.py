"""Whole recordings of half a minute or less, made on the spot, with known times."""

from __future__ import annotations

import json
import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from filmed_videos import filmed
from slide_videos import (
    HEIGHT,
    WIDTH,
    add_silence,
    presenter,
    record,
    shown,
    slide,
    with_ink,
    with_pointer,
    with_speaker,
)

from app.errors import BadMedia
from app.lectures.model import Slide, SlideExtraction
from app.lectures.slides import extract, write_listing

A = slide("Motivation", ["Aggregate demand", "Price stickiness"])
B_FIRST = slide("Main result", ["Bound on the learning rate"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum: 0.9"])
TWIN = slide("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum: 0.8"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])
FRAME_S = 0.1


def times(one: Slide) -> list[tuple[float, float]]:
    return [(interval.start_s, interval.end_s) for interval in one.intervals]


def near(expected: list[tuple[float, float]], within: float = 1.01 * FRAME_S) -> list[object]:
    return [pytest.approx(pair, abs=within) for pair in expected]


def image_of(one: Slide, folder: Path) -> np.ndarray:
    picture = cv2.imread(str(folder / one.image))
    assert picture is not None
    assert picture.shape[:2] == (one.height, one.width)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def differs_from(picture: np.ndarray, other: np.ndarray) -> float:
    """Share of clearly different pixels."""
    return float((cv2.absdiff(picture, other).max(axis=2) > 60).mean())


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> tuple[SlideExtraction, Path, list[float]]:
    """A, then B built in two steps, A again, then C, with a pointer wandering about."""
    folder = tmp_path_factory.mktemp("lecture")
    script = shown((0, A), (4.3, B_FIRST), (7, B), (11.2, A), (15.5, C))

    def pointed(t: float) -> np.ndarray:
        return with_pointer(script(t), round(320 + 200 * np.sin(t)), round(200 + 100 * np.cos(1.3 * t)))

    progress: list[float] = []
    path = record(folder / "lecture.mp4", pointed, 20.0)
    return extract(path, folder / "slides", progress=progress.append), folder / "slides", progress


def test_every_slide_once_with_every_visit(lecture: tuple[SlideExtraction, Path, list[float]]) -> None:
    found, _, _ = lecture
    assert [one.number for one in found.slides] == [1, 2, 3]
    assert times(found.slides[0]) == near([(0, 4.3), (11.2, 15.5)])
    assert times(found.slides[1]) == near([(4.3, 11.2)])
    assert times(found.slides[2]) == near([(15.5, 20.0)])
    assert found.other == ()
    assert found.warnings == ()
    assert found.duration_s == pytest.approx(20.0, abs=0.2)


def test_the_image_is_the_full_build(lecture: tuple[SlideExtraction, Path, list[float]]) -> None:
    found, folder, _ = lecture
    picture = image_of(found.slides[1], folder)
    assert differs_from(picture, B) < 0.002 < differs_from(picture, B_FIRST)
    assert 7 <= found.slides[1].frame_s < 11.2
    assert sorted(path.name for path in folder.iterdir()) == [f"slide_000{i}.png" for i in (1, 2, 3)]


def test_progress_grows_to_one(lecture: tuple[SlideExtraction, Path, list[float]]) -> None:
    progress = lecture[2]
    assert progress == sorted(progress)
    assert len(set(progress)) > 5
    assert progress[-1] == 1.0


def test_the_listing_has_an_entry_for_every_interval(
    lecture: tuple[SlideExtraction, Path, list[float]], tmp_path: Path
) -> None:
    found, folder, _ = lecture
    listing = json.loads(write_listing(found, tmp_path).read_text())
    assert [row["slide_id"] for row in listing] == ["s001", "s002", "s001", "s003"]
    assert [row["start_s"] for row in listing] == sorted(row["start_s"] for row in listing)
    assert listing[0]["image"] == "slides/slide_0001.png"
    beside = json.loads(write_listing(found, folder, image_folder="").read_text())
    assert (folder / beside[0]["image"]).is_file()


def test_near_twins_are_kept_apart_at_a_cut_without_key_frame(tmp_path: Path) -> None:
    path = record(tmp_path / "twins.mp4", shown((0, B), (6.2, TWIN), (12, C)), 16.0, gop=1000)
    found = extract(path, tmp_path)
    assert [times(one) for one in found.slides] == [near([(0, 6.2)]), near([(6.2, 12)]), near([(12, 16)])]
    assert differs_from(image_of(found.slides[1], tmp_path), TWIN) < 0.0005


def test_what_stood_until_a_key_frame_after_which_the_speaker_comes_is_a_slide(tmp_path: Path) -> None:
    """One cut in eight seconds, to what the next key frame shows; right after that, much moves."""
    script = shown((0, A), (3.8, B_FIRST), (9.3, B))

    def left(t: float) -> np.ndarray:
        return script(t) if t < 16.1 else presenter(t)

    found = extract(record(tmp_path / "left.mp4", left, 22.0, gop=80), tmp_path)
    assert [times(one) for one in found.slides] == [near([(0, 3.8)]), near([(3.8, 16.1)], 0.2)]
    assert differs_from(image_of(found.slides[1], tmp_path), B) < 0.002
    assert [one.kind for one in found.other] == ["presenter"]


def test_a_slide_between_two_key_frames_of_the_speaker_is_found(tmp_path: Path) -> None:
    def at(t: float) -> np.ndarray:
        return B if 9 <= t < 14 else presenter(t)

    found = extract(record(tmp_path / "between.mp4", at, 24.0, gop=80), tmp_path)
    assert [times(one) for one in found.slides] == [near([(9, 14)], 0.3)]
    assert [one.kind for one in found.other] == ["presenter", "presenter"]


@pytest.mark.parametrize(("first", "then"), [(B, B), (B_FIRST, B), (255 - B, 255 - B)])
def test_a_slide_that_came_just_after_a_key_frame_and_went_at_another_is_found(
    tmp_path: Path, first: np.ndarray, then: np.ndarray
) -> None:
    script = shown((0, first), (8.3, C), (14.7, then))
    recording = record(tmp_path / "lecture.mp4", script, 32, gop=80, keys=[14.7])
    found = extract(recording, tmp_path / "slides").slides
    assert [times(slide) for slide in found] == [near([(0, 8.3), (14.7, 32)]), near([(8.3, 14.7)])]


@pytest.mark.parametrize("keys", [(10.4, 15.3), (10.4,)])
def test_a_slide_of_one_key_frame_is_found(tmp_path: Path, keys: tuple[float, ...]) -> None:
    """It came with it; it went with another, so that no other packet says that anything happened."""
    script = shown((0, B), (10.4, C), (15.3, B))
    found = extract(
        record(tmp_path / "lecture.mp4", script, 30, gop=80, keys=keys), tmp_path / "slides"
    ).slides
    assert [times(one) for one in found] == [near([(0, 10.4), (15.3, 30)]), near([(10.4, 15.3)])]


def test_ink_and_a_speakers_box_are_never_slides(tmp_path: Path) -> None:
    script = shown((0, A), (10, C))

    def lively(t: float) -> np.ndarray:
        inked = with_ink(script(t), (t - 3) / 5) if 3 < t < 10 else script(t)
        return with_speaker(inked, t)

    found = extract(record(tmp_path / "ink.mp4", lively, 18.0), tmp_path)
    assert [times(one) for one in found.slides] == [near([(0, 10)]), near([(10, 18)])]


def test_a_dissolve_is_one_change(tmp_path: Path) -> None:
    def fading(t: float) -> np.ndarray:
        share = min(max(t - 6.0, 0.0), 1.0)
        return cv2.addWeighted(C, share, A, 1 - share, 0)

    found = extract(record(tmp_path / "fade.mp4", fading, 12.0), tmp_path)
    assert len(found.slides) == 2
    assert 6.0 <= found.slides[1].intervals[0].start_s <= 7.0
    assert differs_from(image_of(found.slides[0], tmp_path), A) < 0.001


def test_a_presenter_alone_gives_no_slide_and_says_so(tmp_path: Path) -> None:
    found = extract(record(tmp_path / "talk.mp4", presenter, 12.0), tmp_path)
    assert found.slides == ()
    assert [one.kind for one in found.other] == ["presenter"]
    assert any("No slide" in warning for warning in found.warnings)
    assert not list(tmp_path.glob("slide_*"))


def test_presenter_and_black_between_slides_are_other(tmp_path: Path) -> None:
    def script(t: float) -> np.ndarray:
        if 5 <= t < 11:
            return presenter(t)
        return np.zeros_like(A) if 16 <= t < 18 else (A if t < 5 else C)

    found = extract(record(tmp_path / "mixed.mp4", script, 22.0), tmp_path)
    assert [times(one) for one in found.slides] == [
        near([(0, 5)], 0.3),
        near([(11, 16), (18, 22)], 0.3),
    ]
    assert [one.kind for one in found.other] == ["presenter", "black"]


def test_a_cut_to_black_costs_fewer_bytes_than_a_speaker(tmp_path: Path) -> None:
    """And the key frame that comes while all is black was not put there for it."""

    def script(t: float) -> np.ndarray:
        return with_speaker(B, t) if t < 12 else np.zeros_like(A) if t < 16 else C

    path = record(tmp_path / "black.mp4", script, 22.0, gop=100, keys=(13.0,))
    found = extract(path, tmp_path)
    assert [times(one) for one in found.slides] == [near([(0, 12)], 0.1), near([(16, 22)], 0.1)]
    assert [one.kind for one in found.other] == ["black"]


def test_times_count_from_the_first_sound_when_the_picture_starts_later(tmp_path: Path) -> None:
    script = shown((0, A), (5, C))
    path = record(tmp_path / "late.mp4", script, 10.0, first_s=1.5, sound=True)
    found = extract(path, tmp_path)
    assert found.slides[1].intervals[0].start_s == pytest.approx(6.5, abs=FRAME_S)
    assert differs_from(image_of(found.slides[0], tmp_path), A) < 0.001


def test_a_variable_frame_rate_with_frames_that_stand_for_seconds(tmp_path: Path) -> None:
    shows = [0.0, 0.1, 3.0, 4.4, 6.0, 6.1, 9.7, 9.8, 14.0]
    script = shown((0, A), (4.4, C), (9.7, B))
    path = record(tmp_path / "vfr.mp4", script, 14.0, times=shows, gop=1000)
    found = extract(path, tmp_path)
    starts = [one.intervals[0].start_s for one in found.slides]
    assert starts == pytest.approx([0.0, 4.4, 9.7], abs=0.05)


def test_pixels_become_square(tmp_path: Path) -> None:
    path = record(tmp_path / "wide.mp4", shown((0, A)), 3.0, pixel_aspect=Fraction(4, 3))
    one = extract(path, tmp_path).slides[0]
    assert (one.width, one.height) == (pytest.approx(WIDTH * 4 / 3, abs=1), HEIGHT)


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((0, 1, -1, 0), cv2.ROTATE_90_CLOCKWISE),
        ((-1, 0, 0, -1), cv2.ROTATE_180),
        ((0, -1, 1, 0), cv2.ROTATE_90_COUNTERCLOCKWISE),
    ],
)
def test_the_display_matrix_is_honoured(tmp_path: Path, matrix: tuple[int, ...], turned: int) -> None:
    path = record(tmp_path / "turned.mp4", shown((0, A)), 3.0)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # ISO/IEC 14496-12, 8.3.2, version 0
    a, b, c, d = (65536 * value for value in matrix)
    data[at : at + 20] = struct.pack(">5i", a, b, 0, c, d)
    path.write_bytes(data)
    one = extract(path, tmp_path).slides[0]
    assert differs_from(image_of(one, tmp_path), cv2.rotate(A, turned)) < 0.001


def test_sound_alone_gives_no_slides_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        add_silence(container, container.add_stream("aac", rate=16_000), 5.0)
    progress: list[float] = []
    found = extract(path, tmp_path, progress=progress.append)
    assert found.slides == ()
    assert found.duration_s == pytest.approx(5.0, abs=0.2)
    assert any("no moving pictures" in warning for warning in found.warnings)
    assert progress[-1] == 1.0


def test_cover_art_is_no_slide(tmp_path: Path) -> None:
    path = tmp_path / "cover.mp3"
    with av.open(str(path), "w", format="mp3") as container:
        sound = container.add_stream("mp3", rate=16_000)
        art = container.add_stream("png", rate=1)
        art.width, art.height, art.pix_fmt = WIDTH, HEIGHT, "rgb24"
        art.disposition = av.stream.Disposition.attached_pic
        container.mux(art.encode(av.VideoFrame.from_ndarray(A, format="rgb24")))
        container.mux(art.encode(None))
        for start in range(0, 80_000, 1152):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    found = extract(path, tmp_path)
    assert found.slides == ()
    assert any("no moving pictures" in warning for warning in found.warnings)


def test_a_recording_that_breaks_off_gives_what_can_be_read(tmp_path: Path) -> None:
    def noisy(t: float) -> np.ndarray:
        return with_speaker(A if t < 8 else (C if t < 16 else B), t)

    whole = record(tmp_path / "whole.mkv", noisy, 24.0)
    broken = tmp_path / "broken.mkv"
    data = whole.read_bytes()
    broken.write_bytes(data[: len(data) * 55 // 100])
    found = extract(broken, tmp_path)
    assert len(found.slides) == 2
    assert times(found.slides[0]) == near([(0, 8)])
    assert found.duration_s < 20
    assert any("until" in warning for warning in found.warnings)


def test_a_damaged_stretch_is_passed_over(tmp_path: Path) -> None:
    path = record(tmp_path / "damaged.mp4", shown((0, A), (6, C)), 12.0, gop=10)
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 4 + 2_000
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    found = extract(path, tmp_path)
    assert found.slides[-1].intervals[-1].end_s == pytest.approx(12.0, abs=0.2)


def test_text_in_a_recordings_clothes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("These are the notes of a lecture, not a recording of it.\n" * 50)
    with pytest.raises(BadMedia):
        extract(path, tmp_path)


def test_a_filmed_lecture_gives_its_slides_without_room_and_lecturer(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", filmed(shown((0, A), (9, C), (17.5, B_FIRST), (20.5, B), (28, A))), 34)
    found = extract(path, tmp_path / "slides")
    assert len(found.slides) == 3
    assert [times(one) for one in found.slides] == [
        near([(0.0, 9.0), (28.0, 34.0)], 0.7),
        near([(9.0, 17.5)], 0.7),
        near([(17.5, 28.0)], 0.7),
    ]
    for one, clean in zip(found.slides, (A, C, B), strict=True):
        image = cv2.resize(image_of(one, tmp_path / "slides"), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(clean, (5, 5), 0)
        assert differs_from(image[3:-3, 3:-3], soft[3:-3, 3:-3]) < 0.01
        assert np.abs(image.astype(int) - soft).mean() < 20
