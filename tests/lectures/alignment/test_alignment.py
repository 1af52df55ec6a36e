from __future__ import annotations

from itertools import pairwise
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lecture_texts import build, load, say, slide_texts

from app.lectures.alignment import align, deck_costs, decode
from app.lectures.embedding import Embed
from app.lectures.model import Interval, Slide, SlideExtraction, Transcript

LECTURES = ["hash_tables", "membranes"]


def share_right(lecture: str, jitter_s: float, seed: int, embed: Embed | None) -> float:
    transcript, extraction, texts, truth = build(load(lecture), jitter_s=jitter_s, seed=seed)
    aligned = align(transcript, extraction, texts, embed=embed)
    return mean(sentence.slide == slide for sentence, slide in zip(aligned, truth, strict=True))


@pytest.mark.parametrize("lecture", LECTURES)
@pytest.mark.parametrize("jitter_s", [0, 2, 4])
def test_switches_before_and_after_their_sentence(lecture: str, jitter_s: float, embedder: Embed) -> None:
    for seed in range(4):
        assert share_right(lecture, jitter_s, seed, embedder) >= 0.9
        assert share_right(lecture, jitter_s, seed, None) >= 0.9


def by_screen_alone(lecture: str, seed: int) -> float:
    transcript, extraction, _, truth = build(load(lecture), jitter_s=6, seed=seed)
    aligned = align(transcript, extraction, (), embed=None)
    return mean(sentence.slide == slide for sentence, slide in zip(aligned, truth, strict=True))


@pytest.mark.parametrize("lecture", LECTURES)
def test_words_help_where_the_screen_is_late(lecture: str) -> None:
    seeds = range(6)
    with_words = mean(share_right(lecture, 6, seed, None) for seed in seeds)
    assert with_words > mean(by_screen_alone(lecture, seed) for seed in seeds)
    assert with_words >= 0.9


@pytest.mark.parametrize(("lecture", "at_least"), [("hash_tables", 0.85), ("membranes", 0.8)])
def test_a_deck_that_nobody_filmed(lecture: str, at_least: float, embedder: Embed) -> None:
    transcript, extraction, texts, truth = build(load(lecture))
    unseen = tuple(slide.model_copy(update={"intervals": ()}) for slide in extraction.slides)
    aligned = align(transcript, SlideExtraction(slides=unseen, duration_s=1), texts, embed=embedder)
    right = mean(sentence.slide == slide for sentence, slide in zip(aligned, truth, strict=True))
    assert right >= at_least


def test_a_return_to_an_earlier_slide_is_followed(embedder: Embed) -> None:
    transcript, extraction, texts, truth = build(load("hash_tables"))
    aligned = align(transcript, extraction, texts, embed=embedder)
    returned = [s for s, slide in zip(aligned, truth, strict=True) if s.start_s > 320 and slide == 4]
    assert returned
    assert all(sentence.slide == 4 for sentence in returned)


def small_lecture(*sentences: tuple[float, str]) -> Transcript:
    return Transcript(
        language="en",
        model="m",
        duration_s=100,
        sentences=tuple(say(text, start) for start, text in sentences),
    )


def two_slides_with_a_gap() -> SlideExtraction:
    def slide(number: int, start_s: float, end_s: float) -> Slide:
        shown = (Interval(start_s=start_s, end_s=end_s),)
        return Slide(number=number, intervals=shown, image="x.png", width=640, height=360, frame_s=start_s)

    return SlideExtraction(slides=(slide(1, 0, 20), slide(2, 60, 100)), duration_s=100)


GAP_TEXTS = slide_texts(
    {
        "slides": [
            {"number": 1, "lines": [["Binary search trees", 50], ["left child, right child", 30]]},
            {"number": 2, "lines": [["Red-black trees", 50], ["rotation keeps balance", 30]]},
        ]
    }
)


def test_speech_in_a_gap_without_slides() -> None:
    transcript = small_lecture(
        (5, "A binary search tree has a left child and a right child."),
        (21, "In a binary search tree the left child is smaller."),
        (38, "My dog ate the homework last weekend in the park."),
        (56, "A rotation keeps red-black trees in balance."),
        (70, "Red-black trees use rotation."),
    )
    aligned = align(transcript, two_slides_with_a_gap(), GAP_TEXTS, embed=None)
    assert [sentence.slide for sentence in aligned] == [1, 1, None, 2, 2]


def test_nothing_on_screen_and_nothing_said() -> None:
    transcript = small_lecture((1, "There is no picture here at all."))
    (only,) = align(transcript, SlideExtraction(slides=(), duration_s=9), (), embed=None)
    assert (only.slide, only.text) == (None, "There is no picture here at all.")
    assert align(None, two_slides_with_a_gap(), GAP_TEXTS, embed=None) == ()


def test_confidence_is_lower_at_a_switch_than_in_the_middle() -> None:
    transcript, extraction, texts, _ = build(load("hash_tables"), jitter_s=3)
    aligned = align(transcript, extraction, (), embed=None)
    switches = [interval.start_s for slide in extraction.slides for interval in slide.intervals]
    near = [s.confidence for s in aligned if min(abs(s.start_s - at) for at in switches) < 2]
    far = [s.confidence for s in aligned if min(abs(s.start_s - at) for at in switches) > 15]
    assert mean(near) < mean(far)
    assert all(0 <= s.confidence <= 1 for s in align(transcript, extraction, texts, embed=None))


evidences = st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-20, 5))
)


@settings(deadline=None)
@given(evidences)
def test_the_path_is_the_best_of_all_paths(evidence: np.ndarray) -> None:
    steps, states = evidence.shape
    costs = deck_costs(states)

    def score(path: tuple[int, ...]) -> float:
        moves = sum(costs[a, b] for a, b in pairwise(path))
        return float(sum(evidence[t, s] for t, s in enumerate(path)) - moves)

    path, sure = decode(evidence, costs)
    best = max(score(every) for every in np.ndindex(*(states,) * steps))
    assert score(tuple(path)) == pytest.approx(best)
    assert all(0 <= probability <= 1 + 1e-9 for probability in sure)
