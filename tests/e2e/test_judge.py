"""The judge must be able to say no."""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import judge
from tests.e2e.word_errors import normalised

SAMPLE = Path(__file__).parents[2] / "samples" / "truth.json"

# a (0..10, a build at 5), b (10..20, faded in over a second), a again (20..30)
TRUTH: dict[str, Any] = {
    "duration_s": 30.0,
    "slides": [
        {"slide_id": "a", "title": "Key to Bucket", "intervals": [[0, 10], [20, 30]]},
        {"slide_id": "b", "title": "Probing", "intervals": [[10, 20]]},
    ],
    "segments": [
        {"kind": "slide", "slide_id": "a", "start_s": 0, "end_s": 10, "fade_s": 0},
        {"kind": "slide", "slide_id": "b", "start_s": 10, "end_s": 20, "fade_s": 1.0},
        {"kind": "slide", "slide_id": "a", "start_s": 20, "end_s": 30, "fade_s": 0},
    ],
    "sentences": [
        {"text": "A bucket is one place in the array.", "start_s": 1, "end_s": 4, "slide_id": "a"},
        {"text": "Probing tries the next one.", "start_s": 11, "end_s": 14, "slide_id": "b"},
        {"text": "Back to the picture.", "start_s": 21, "end_s": 24, "slide_id": "a"},
    ],
    "sections": [{"title": "Buckets", "start_s": 0.0}, {"title": "Collisions", "start_s": 10.0}],
    "terms": [
        {"term": "bucket", "explanation": "A bucket is one place in the array.", "start_s": 1.0},
        {"term": "hash function", "explanation": "A hash function is a map to numbers.", "start_s": 12.0},
    ],
}
LISTING = [
    {"start_s": 0.0, "end_s": 10.2, "slide_id": 1},
    {"start_s": 10.2, "end_s": 20.1, "slide_id": 2},
    {"start_s": 20.1, "end_s": 30.0, "slide_id": 1},
]


def one_interval_each(*times: float) -> list[dict[str, Any]]:
    return [
        {"start_s": start, "end_s": end, "slide_id": number}
        for number, (start, end) in enumerate(pairwise(times), start=1)
    ]


def spoken(*slides: int | None) -> list[dict[str, Any]]:
    return [
        {"text": s["text"], "start_s": s["start_s"] + 0.3, "end_s": s["end_s"], "slide": slide}
        for s, slide in zip(TRUTH["sentences"], slides, strict=True)
    ]


# ---------------------------------------------------------------------------------------- slides
def test_right_transitions_score_one() -> None:
    assert judge.transition_f1(TRUTH, LISTING).f1 == 1.0


@pytest.mark.parametrize(
    ("times", "score"),
    [
        ((0, 5, 10, 20, 30), judge.Score(2, 1, 0)),  # the build step taken for a slide
        ((0, 10, 30), judge.Score(1, 0, 1)),  # the return missed
        ((0, 12.5, 20, 30), judge.Score(1, 1, 1)),  # too late
        ((0, 11.8, 20, 30), judge.Score(2, 0, 0)),  # within a second of the end of the fade
        ((0, 10, 10.5, 20, 30), judge.Score(2, 1, 0)),  # one change counts once
        ((0, 30), judge.Score(0, 0, 2)),
        ((0, 7.5, 15, 22.5, 30), judge.Score(0, 3, 2)),  # uniform slices
    ],
)
def test_wrong_transitions_cost(times: tuple[float, ...], score: judge.Score) -> None:
    assert judge.transition_f1(TRUTH, one_interval_each(*times)) == score


def test_no_slides_score_zero() -> None:
    nothing = judge.transition_f1(TRUTH, [])
    assert (nothing.f1, nothing.precision, nothing.recall) == (0, 0, 0)


def test_boundaries_around_a_stretch_without_slide_are_neither_right_nor_wrong() -> None:
    truth = copy.deepcopy(TRUTH)
    truth["segments"] = [
        {"kind": "slide", "slide_id": "a", "start_s": 0, "end_s": 10},
        {"kind": "presenter", "slide_id": None, "start_s": 10, "end_s": 20},
        {"kind": "slide", "slide_id": "a", "start_s": 20, "end_s": 25},
        {"kind": "slide", "slide_id": "b", "start_s": 25, "end_s": 30},
    ]
    assert judge.transition_f1(truth, one_interval_each(0, 10, 20, 25, 30)) == judge.Score(1, 0, 0)
    assert judge.transition_f1(truth, one_interval_each(0, 25, 30)) == judge.Score(1, 0, 0)
    assert judge.transition_f1(truth, one_interval_each(0, 15, 25, 30)) == judge.Score(1, 1, 0)


# ---------------------------------------------------------------------------------------- speech
@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("Um, it is, uh, here.", "It's here!"),
        ("twenty three keys", "23 keys"),
        ("ninety percent of one million", "90% of 1,000,000"),
        ("one hundred and five", "105"),
        ("in nineteen fifty three and two thousand six", "In 1953 and 2006."),
        ("zero point seven five", "0.75"),
        ("the hash map", "the hashmap"),
        ("the hashmap", "the hash map"),
        ("we cannot and do not", "We can't and don't"),
        ("two thirds", "two-thirds"),
    ],
)
def test_another_spelling_is_no_error(reference: str, hypothesis: str) -> None:
    assert judge.word_error_rate(reference, hypothesis) == 0


@pytest.mark.parametrize(
    ("hypothesis", "rate"),
    [
        ("a bucket is one face", 1 / 5),
        ("a bucket is place", 1 / 5),
        ("a bucket is just one place", 1 / 5),
        ("", 1.0),
        ("a bucket is two place", 1 / 5),
        ("to be or not to be that is the question", 9 / 5),
    ],
)
def test_word_errors_cost(hypothesis: str, rate: float) -> None:
    assert judge.word_error_rate("A bucket is one place.", hypothesis) == pytest.approx(rate)


def test_numbers_that_differ_are_errors() -> None:
    assert judge.word_error_rate("sixteen meters", "60 meters") == 0.5
    assert normalised("1,250") == ["twelve", "fifty"]
    assert normalised("2050") == ["two", "thousand", "fifty"]


def test_an_empty_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        judge.word_error_rate("um ...", "words")


# ------------------------------------------------------------------------------------- alignment
def test_right_slides_score_one() -> None:
    assert judge.sentence_slide_accuracy(TRUTH, spoken(1, 2, 1), LISTING) == 1.0
    named = [{**entry, "slide_id": f"slide-{entry['slide_id']:03}"} for entry in LISTING]
    assert judge.sentence_slide_accuracy(TRUTH, spoken(1, 2, 1), named) == 1.0


@pytest.mark.parametrize("slides", [(1, 1, 1), (1, None, 1), (1, 9, 1), (2, 2, 1)])
def test_wrong_slides_cost(slides: tuple[int | None, ...]) -> None:
    assert judge.sentence_slide_accuracy(TRUTH, spoken(*slides), LISTING) == pytest.approx(2 / 3)


def test_a_sentence_that_was_not_heard_counts_as_wrong() -> None:
    assert judge.sentence_slide_accuracy(TRUTH, spoken(1, 2, 1)[:2], LISTING) == pytest.approx(2 / 3)
    assert judge.sentence_slide_accuracy(TRUTH, [], LISTING) == 0


def test_one_slide_for_everything_scores_low() -> None:
    listing = [{"start_s": 0, "end_s": 30, "slide_id": 1}]
    assert judge.sentence_slide_accuracy(TRUTH, spoken(1, 1, 1), listing) == pytest.approx(2 / 3)


# --------------------------------------------------------------------------------------- content
def section(title: str, start_s: float) -> dict[str, Any]:
    return {"title": title, "interval": {"start_s": start_s, "end_s": start_s + 5}}


@pytest.mark.parametrize(
    ("sections", "score"),
    [
        ([section("From key to bucket", 0), section("Probing", 12)], judge.Score(2, 0, 0)),
        ([section("Buckets", 0), section("Hash functions", 10)], judge.Score(2, 0, 0)),  # by its term
        ([section("Part 1", 0), section("Part 2", 10)], judge.Score(0, 2, 2)),
        ([section("Buckets", 0), section("Collisions", 25)], judge.Score(1, 1, 1)),
        ([section("Buckets", 0)], judge.Score(1, 0, 1)),
        ([section("Buckets", 0), section("Buckets", 2), section("Collisions", 9)], judge.Score(2, 1, 0)),
        ([], judge.Score(0, 0, 2)),
    ],
)
def test_sections(sections: list[dict[str, Any]], score: judge.Score) -> None:
    assert judge.sections_found(TRUTH, sections) == score


@pytest.mark.parametrize(
    ("terms", "score"),
    [
        (["Bucket", "hash function"], judge.Score(2, 0, 0)),
        (["buckets", "good hash functions"], judge.Score(2, 0, 0)),
        (["bucket", "function"], judge.Score(1, 1, 1)),
        (["bucket", "buckets", "picture"], judge.Score(1, 2, 1)),
        (["hash function of a long key"], judge.Score(0, 1, 2)),
        ([], judge.Score(0, 0, 2)),
    ],
)
def test_terms(terms: list[str], score: judge.Score) -> None:
    assert judge.terms_found(TRUTH, [{"term": term} for term in terms]) == score


def test_an_explanation_must_explain() -> None:
    good = {"term": "bucket", "explanation": "bucket is one place in the array"}
    poor = {"term": "hash function", "explanation": "Here is a hash function again."}
    assert judge.terms_found(TRUTH, [good, poor], explained=True) == judge.Score(1, 1, 1)
    assert judge.terms_found(TRUTH, [{**good, "explanation": None}], explained=True).hits == 0


# ---------------------------------------------------------------------------------------- sample
def test_the_samples_own_truth_scores_one() -> None:
    truth = json.loads(SAMPLE.read_text())
    number = {slide["slide_id"]: i for i, slide in enumerate(truth["slides"], start=1)}
    listing = [{**s, "slide_id": number[s["slide_id"]]} for s in truth["segments"]]
    sentences = [{**s, "slide": number[s["slide_id"]]} for s in truth["sentences"]]
    text = " ".join(s["text"] for s in truth["sentences"])
    assert judge.transition_f1(truth, listing) == judge.Score(len(truth["segments"]) - 1, 0, 0)
    assert judge.word_error_rate(text, text) == 0
    assert judge.sentence_slide_accuracy(truth, sentences, listing) == 1.0
    assert judge.sections_found(truth, truth["sections"]) == judge.Score(len(truth["sections"]), 0, 0)
    assert judge.terms_found(truth, truth["terms"], explained=True) == judge.Score(len(truth["terms"]), 0, 0)
    with_builds = [{**build, "slide_id": 1} for segment in truth["segments"] for build in segment["builds"]]
    assert judge.transition_f1(truth, with_builds).f1 < 0.95
    assert all((SAMPLE.parent / view).is_file() for slide in truth["slides"] for view in slide["views"])
