"""The judge of the slide benchmark: what is perfect scores 1, and each mistake costs what it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.slides.distinct import own_frames
from benchmarks.slides.distinct import score as score_slides
from benchmarks.slides.passages import PassageScore
from benchmarks.slides.passages import score as score_passages
from benchmarks.slides.score import score
from benchmarks.slides.transitions import changes
from benchmarks.slides.transitions import score as score_changes

Json = dict[str, Any]


def visit(slide: str, start: float, end: float, *, fade: float = 0.0, builds: tuple[float, ...] = ()) -> Json:
    starts = (start, *builds)
    steps = [
        {"start_s": a, "end_s": b, "build": i}
        for i, (a, b) in enumerate(zip(starts, (*builds, end), strict=True))
    ]
    return {
        "kind": "slide",
        "slide_id": slide,
        "start_s": start,
        "end_s": end,
        "fade_s": fade,
        "builds": steps,
    }


def other(kind: str, start: float, end: float) -> Json:
    return {"kind": kind, "slide_id": None, "start_s": start, "end_s": end, "fade_s": 0.0}


TRUTH: Json = {
    "duration_s": 60.0,
    "segments": [
        visit("a", 0, 10),
        visit("b", 10, 20, builds=(14.0,)),
        visit("c", 20, 30, fade=1.0),
        other("presenter", 30, 40),
        visit("c", 40, 50),
        visit("a", 50, 60),
    ],
    "slides": [{"slide_id": "a"}, {"slide_id": "b"}, {"slide_id": "c", "near_of": "b"}],
}


def listing(*ends: float) -> list[Json]:
    starts = (0.0, *ends)
    return [{"start_s": a, "end_s": b} for a, b in zip(starts, (*ends, 60.0), strict=True)]


def test_what_is_right_scores_one_and_the_speaker_counts_neither_way() -> None:
    for found in (listing(10, 20, 50), listing(10, 20.7, 30, 40, 50)):
        scored = score_changes(TRUTH, found, tolerance_s=1)
        assert scored.count.f1 == 1
        assert scored.error_s == 0  # anywhere inside the fade is right
    assert scored.found_by_kind == {"cut": (1, 1), "twin": (1, 1), "revisit": (1, 1)}


def test_a_build_is_a_change_at_its_own_level_only() -> None:
    found = listing(10, 14, 20, 50)
    assert score_changes(TRUTH, found, tolerance_s=1).count.wrong == 1
    assert score_changes(TRUTH, found, tolerance_s=1, level="build").count.f1 == 1


def test_a_late_change_is_found_within_three_seconds_only() -> None:
    found = listing(12.5, 20, 50)
    assert score_changes(TRUTH, found, tolerance_s=1).count.f1 == pytest.approx(2 / 3)
    late = score_changes(TRUTH, found, tolerance_s=3)
    assert late.count.f1 == 1
    assert late.error_s == pytest.approx(2.5 / 3)


def test_a_change_is_counted_once_however_often_it_is_told() -> None:
    count = score_changes(TRUTH, listing(9.5, 10, 10.5, 20, 50), tolerance_s=1).count
    assert (count.right, count.wrong, count.missed) == (3, 2, 0)


def test_nothing_found_scores_nothing() -> None:
    assert score_changes(TRUTH, listing(), tolerance_s=1).count.f1 == 0
    required, optional = changes(TRUTH, "slide")
    assert (len(required), len(optional)) == (3, 2)


def test_a_passage_without_slide_has_to_be_free_of_slides_and_known_for_what_it_is() -> None:
    slides = [{"start_s": 0.0, "end_s": 30.4}, {"start_s": 39.8, "end_s": 60.0}]
    named = [{"kind": "presenter", "start_s": 30.4, "end_s": 39.8}]
    assert score_passages(TRUTH, slides, named) == PassageScore(1, 1, 1)
    assert score_passages(TRUTH, slides, None) == PassageScore(1, None, 1)
    called = score_passages(TRUTH, slides, [named[0] | {"kind": "video"}])
    assert (called.free, called.known, called.wrong) == (1, 0, ("presenter 30.0-40.0",))
    assert score_passages(TRUTH, listing(10, 20, 50), []).free == 0


def perfect(truth: Json) -> list[Json]:
    return [
        {"start_s": a, "end_s": b, "slide_id": slide["slide_id"], "image": slide["image"]}
        for slide in truth["slides"]
        for a, b in slide["intervals"]
    ]


def judge(recording: Path, rows: list[Json]) -> Any:
    truth = json.loads((recording / "truth.json").read_text())
    return score_slides(truth, recording, rows, recording, recording / "video.mp4")


def test_the_truth_itself_is_a_perfect_extraction(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    assert len(truth["slides"]) >= 4
    (recording / "perfect.json").write_text(json.dumps(perfect(truth)))
    row = score(recording / "truth.json", recording / "perfect.json").row()
    assert (row["f1_1s"], row["distinct_f1"], row["error_s"], row["ssim"]) == (1, 1, 0, 1)
    assert row["twins"][0] == row["twins"][1] > 0


def test_frames_are_taken_from_the_recording_where_no_images_are_given(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    rows = [{k: v for k, v in row.items() if k != "image"} for row in perfect(truth)]
    assert judge(recording, rows).count.f1 == 1


def test_the_own_frames_of_a_recording_are_one_a_slide_from_its_last_visit(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    rows = own_frames(truth)
    assert sorted(row["slide_id"] for row in rows) == sorted(slide["slide_id"] for slide in truth["slides"])
    ends = {slide["slide_id"]: max(end for _, end in slide["intervals"]) for slide in truth["slides"]}
    assert all(0 < ends[row["slide_id"]] - row["frame_s"] < 0.3 for row in rows)
    assert judge(recording, rows).count.f1 == 1


def test_mistakes_among_slides_are_told_apart(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    rows = perfect(truth)
    built = next(slide for slide in truth["slides"] if slide["n_builds"] > 1)
    again = {"start_s": 0, "end_s": 1, "slide_id": "again", "image": rows[0]["image"]}
    early = {"start_s": 0, "end_s": 1, "slide_id": "early", "image": built["views"][0]}
    black = {"start_s": 0, "end_s": 1, "slide_id": "gone", "image": "no-such.png"}
    judged = judge(recording, [*rows[1:], again, early, black, dict(again, slide_id="twice")])
    assert (judged.duplicates, judged.partial, judged.junk, judged.missed) == (1, 1, 1, ())
    assert judged.verdicts["twice"] == f"duplicate {rows[0]['slide_id']}"

    merged = [row for row in rows if row["slide_id"] not in _twins(truth)]
    judged = judge(recording, merged)
    assert judged.twins_apart == 0 < judged.twins
    assert set(judged.missed) == _twins(truth)


def test_twins_that_look_the_same_are_none(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    first, second = truth["slides"][:2]
    second |= {"near_of": first["slide_id"]}
    rows = perfect(truth)
    before = score_slides(truth, recording, rows, recording, recording / "video.mp4").twins
    second["image"] = first["image"]
    after = score_slides(truth, recording, rows, recording, recording / "video.mp4").twins
    assert after == before - 1


def test_a_twin_of_either_of_two_that_look_the_same_is_a_twin_of_both(recording: Path) -> None:
    truth = json.loads((recording / "truth.json").read_text())
    first, second, third = truth["slides"][:3]
    first["near_of"], second["near_of"], third["near_of"] = None, first["slide_id"], second["slide_id"]
    truth["slides"][3:] = []
    second["image"], second["views"] = first["image"], first["views"]
    rows = [row for row in perfect(truth) if row["slide_id"] != second["slide_id"]]
    judged = score_slides(truth, recording, rows, recording, recording / "video.mp4")
    assert (judged.twins, judged.twins_apart) == (1, 1)


def _twins(truth: Json) -> set[str]:
    return {slide["slide_id"] for slide in truth["slides"] if slide["near_of"]}
