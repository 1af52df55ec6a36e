"""A recording read in parts gives what it gives in one piece, wherever the parts meet."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from slide_videos import add_silence, presenter, record, shown, slide, with_speaker

from app.lectures.model import SlideExtraction
from app.lectures.slides import PartSlides, SlidePlan, extract, extract_part, join, plan
from app.lectures.slides.looks.packets import PacketIndex
from app.lectures.slides.plan import borders

A = slide("Motivation", ["Aggregate demand", "Price stickiness"])
B_FIRST = slide("Main result", ["Bound on the learning rate"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help", "Momentum: 0.9"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key frames every two seconds; changes just before, at and just after some of them."""
    script = shown((0, A), (7.8, B_FIRST), (12.2, B), (18, A), (22, C), (27.9, B))

    def at(t: float) -> np.ndarray:
        return presenter(t) if 31.9 < t < 36.2 else with_speaker(script(t), t)

    return record(tmp_path_factory.mktemp("lecture") / "lecture.mp4", at, 42.0, gop=20)


@pytest.fixture(scope="module")
def in_one_piece(lecture: Path) -> SlideExtraction:
    return extract(lecture, lecture.parent / "one", part_s=1000)


def spread(recording: Path, planned: SlidePlan, folder: Path) -> SlideExtraction:
    """As by several workers: nothing but JSON and files goes from one to the other, and the last is first."""
    told = planned.model_dump_json()
    found: dict[int, str] = {}
    for index in reversed(range(planned.parts)):
        part = extract_part(recording, SlidePlan.model_validate_json(told), index, folder / f"part{index}")
        found[index] = part.model_dump_json()
    parts = (PartSlides.model_validate_json(found[i]) for i in range(planned.parts))
    joined = join(recording, planned, parts, folder / "joined")
    (folder / "slides").mkdir()
    for one, origin in zip(joined.extraction.slides, joined.origins, strict=True):
        source = folder / ("joined" if origin.part is None else f"part{origin.part}")
        shutil.copy(source / origin.file, folder / "slides" / one.image)
    return joined.extraction


def story(found: SlideExtraction) -> list[tuple[float, float, object]]:
    """What was shown when."""
    rows: list[tuple[float, float, object]] = [
        (i.start_s, i.end_s, one.number) for one in found.slides for i in one.intervals
    ]
    rows += [(other.interval.start_s, other.interval.end_s, other.kind) for other in found.other]
    return sorted(rows, key=lambda row: row[0])


def test_spread_over_workers_is_the_same_to_the_byte(lecture: Path, tmp_path: Path) -> None:
    planned = plan(lecture, part_s=8)
    assert planned.parts >= 4
    found = spread(lecture, planned, tmp_path / "spread")
    assert extract(lecture, tmp_path / "here", part_s=8, readers=3) == found
    images = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert images == {path.name: path.read_bytes() for path in (tmp_path / "spread" / "slides").iterdir()}
    assert sorted(images) == ["slide_0001.png", "slide_0002.png", "slide_0003.png"]


@pytest.mark.parametrize("every_s", [2.0, 4.0, 14.0])
def test_it_does_not_matter_where_the_parts_meet(
    lecture: Path, in_one_piece: SlideExtraction, tmp_path: Path, every_s: float
) -> None:
    assert [row[2] for row in story(in_one_piece)] == [1, 2, 1, 3, 2, "presenter", 2]
    planned = plan(lecture, part_s=1000)
    meet = [t for t in planned.packet_index().key_times.tolist() if t % every_s < 0.01]
    planned = planned.model_copy(update={"borders": (*meet, planned.end_s)})
    found = spread(lecture, planned, tmp_path)
    assert story(found) == [
        (pytest.approx(a, abs=0.11), pytest.approx(b, abs=0.11), what) for a, b, what in story(in_one_piece)
    ]


def test_the_first_part_already_has_its_pictures(lecture: Path, tmp_path: Path) -> None:
    first = extract_part(lecture, plan(lecture, part_s=16), 0, tmp_path)
    shown_first = [state for state in first.states if state.image is not None]
    assert [state.kind for state in shown_first] == ["slide", "slide"]
    assert all((tmp_path / state.image.file).is_file() for state in shown_first if state.image)


def test_sound_alone_has_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w") as container:
        add_silence(container, container.add_stream("aac", rate=16_000), 3.0)
    planned = plan(path)
    assert planned.parts == 0
    found = join(path, planned, [], tmp_path).extraction
    assert found.slides == ()
    assert "no moving pictures" in found.warnings[-1]


def test_a_failing_part_fails_the_whole(lecture: Path, tmp_path: Path) -> None:
    def give_up(share: float) -> None:
        if share > 0.3:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        extract(lecture, tmp_path / "out", part_s=8, progress=give_up)
    assert list((tmp_path / "out").iterdir()) == []


# ---------------------------------------------------------------------------------------- borders
def packets(keys_s: list[float], end_s: float, bursts_s: tuple[float, ...] = ()) -> PacketIndex:
    """Ten packets a second of 100 bytes; a burst has 9,000."""
    times = np.arange(round(end_s * 10)) / 10
    keys = np.isin(times, keys_s)
    sizes = np.where(keys, 30_000, np.where(np.isin(times, bursts_s), 9000, 100))
    return PacketIndex(times, sizes, keys, end_s, True)


def test_the_first_part_is_short_and_borders_are_key_frames_in_calm_places() -> None:
    keys = [10.0 * i for i in range(200)]
    found = borders(packets(keys, 2000.0, bursts_s=(301.0, 545.0)), 240.0)
    assert found[0] == 0.0
    assert found[1] == 60.0
    assert found[-1] == 2000.0
    assert set(found[:-1]) <= set(keys)
    assert 300.0 not in found
    assert all(100 < b - a < 400 for a, b in pairwise(found[1:]))


def test_a_short_recording_and_one_without_key_frames_are_one_part() -> None:
    assert borders(packets([0.0, 10.0, 20.0], 30.0), 240.0) == [0.0, 30.0]
    assert borders(packets([0.0], 3000.0), 240.0) == [0.0, 3000.0]
    assert borders(packets([0.0, 1400.0], 3000.0), 240.0) == [0.0, 1400.0, 3000.0]


def test_packets_survive_packing() -> None:
    index = packets([0.0, 5.0], 20.0, bursts_s=(7.0,))
    back = PacketIndex.unpacked(index.packed(), index.end_s, whole=True)
    assert np.array_equal(back.times, index.times)
    assert np.array_equal(back.sizes, index.sizes)
    assert np.array_equal(back.keys, index.keys)
    assert len(index.packed()) < 600
