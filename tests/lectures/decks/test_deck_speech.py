"""Speech to pages: by words and order alone, and with the screen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import mean

import numpy as np
import pytest

from app.lectures.decks import align_to_deck, pacing
from app.lectures.decks.pacing import page_beliefs
from app.lectures.model import (
    Deck,
    DeckMatch,
    DeckPage,
    Interval,
    Sentence,
    Slide,
    SlideExtraction,
    SlideMatch,
    SpokenWord,
    Transcript,
)

FILLER = "well you can see what i mean by this and that is how we usually think about it here"
SAID = {
    1: ["lookup of keys takes constant time", FILLER, "every key leads to its value"],
    2: ["when two of them collide we chain a list in the bucket", FILLER, "buckets with a list"],
    3: ["the other way is open addressing which probes the next slot", "probing goes on", FILLER],
    4: ["deleting leaves a tombstone behind", FILLER, "tombstones are marked entries"],
    5: ["the load factor says when to resize", "growing has an amortised cost", FILLER],
    7: ["to sum up we saw digests", "bloom filters come next week", FILLER],
}


def talk(pages: Sequence[int]) -> tuple[Transcript, list[int]]:
    sentences, truth, clock = [], [], 0.0
    for page in pages:
        for text in SAID[page]:
            words = []
            for word in text.split():
                words.append(SpokenWord(text=word, start_s=clock, end_s=clock + 0.3, probability=1.0))
                clock += 0.35
            sentences.append(Sentence(words=tuple(words)))
            truth.append(page)
            clock += 0.3
        clock += 1.0
    return Transcript(language="en", model="", sentences=tuple(sentences), duration_s=clock), truth


def share_right(pages: Sequence[int], deck: Deck, **options: object) -> float:
    transcript, truth = talk(pages)
    spoken = align_to_deck(transcript, deck, **options)  # type: ignore[arg-type]
    assert [said.index for said in spoken] == list(range(len(truth)))
    assert all(0 <= said.confidence <= 1 for said in spoken)
    return mean(said.page == page for said, page in zip(spoken, truth, strict=True))


def test_each_sentence_gets_its_page_by_words_and_order(deck):
    assert share_right([1, 2, 3, 4, 5, 7], deck) >= 0.9


def test_a_page_may_be_skipped_or_be_the_last(deck):
    assert share_right([1, 2, 3, 5, 7], deck) >= 0.8
    assert share_right([1, 2, 3, 4], deck) >= 0.9


def test_hidden_pages_are_not_spoken_to(deck):
    pages = tuple(page.model_copy(update={"hidden": page.number == 3}) for page in deck.pages)
    transcript, _ = talk([1, 2, 3, 4, 5, 7])
    assert 3 not in {s.page for s in align_to_deck(transcript, deck.model_copy(update={"pages": pages}))}


def test_nothing_said_and_nothing_to_show(deck):
    silent = Transcript(language="en", model="", sentences=(), duration_s=3.0)
    assert align_to_deck(silent, deck) == ()
    hidden = tuple(page.model_copy(update={"hidden": True}) for page in deck.pages)
    transcript, _ = talk([1])
    spoken = align_to_deck(transcript, deck.model_copy(update={"pages": hidden}))
    assert {said.page for said in spoken} == {None}


def test_pages_without_any_text_are_passed_in_order(deck):
    blank = DeckPage(
        number=2, text=deck.pages[1].text.model_copy(update={"lines": ()}), width=1920, height=1080
    )
    pages = (deck.pages[0], blank, *deck.pages[2:])
    transcript, truth = talk([1, 3, 4, 5, 7])
    spoken = align_to_deck(transcript, deck.model_copy(update={"pages": pages}))
    assert mean(said.page == page for said, page in zip(spoken, truth, strict=True)) >= 0.75
    assert [s.page for s in spoken if s.page] == sorted(s.page for s in spoken if s.page)


def test_the_screen_decides_and_a_build_is_followed_by_words(deck):
    transcript, truth = talk([5, 2, 3, 4, 1])
    starts = [s.start_s for s in transcript.sentences]
    cuts = [0.0, starts[3], starts[12], transcript.duration_s]
    slides = tuple(
        Slide(
            number=i,
            intervals=(Interval(start_s=a, end_s=b),),
            image=f"slide_{i:04d}.png",
            width=1280,
            height=720,
            frame_s=a,
        )
        for i, (a, b) in enumerate(pairwise(cuts), 1)
    )
    match = DeckMatch(
        slides=(
            SlideMatch(slide=1, page=5, confidence=1.0),
            SlideMatch(slide=2, page=4, confidence=1.0, builds=(2, 3)),
            SlideMatch(slide=3, page=None, confidence=1.0),
        ),
        not_shown=(1, 6, 7),
    )
    extraction = SlideExtraction(slides=slides, duration_s=transcript.duration_s)
    pages = [said.page for said in align_to_deck(transcript, deck, extraction=extraction, match=match)]
    assert pages[:3] == [5, 5, 5]
    assert mean(a == b for a, b in zip(pages[3:12], truth[3:12], strict=True)) >= 0.75
    assert pages[12:] == [None, None, None]


def test_beliefs_are_probabilities_and_follow_the_evidence():
    evidence = np.full((30, 5), -3.0)
    truth = np.repeat(np.arange(5), 6)
    evidence[np.arange(30), truth] = 0.0
    start_s = np.arange(30) * 4.0
    beliefs = page_beliefs(evidence, start_s, start_s + 3.5)
    assert np.allclose(beliefs.sum(axis=1), 1.0)
    assert (beliefs.argmax(axis=1) == truth).all()


def test_a_stray_sentence_does_not_turn_back():
    evidence = np.zeros((30, 5))
    evidence[np.arange(30), np.repeat(np.arange(5), 6)] = 3.0
    evidence[20, 0] = 12.0
    start_s = np.arange(30) * 4.0
    assert page_beliefs(evidence, start_s, start_s + 3.5).argmax(axis=1)[20] == 3


def test_very_long_inputs_take_shorter_looks_with_the_same_outcome(monkeypatch):
    generator = np.random.default_rng(5)
    truth = np.repeat(np.arange(12), 20)
    evidence = generator.normal(0, 1, (240, 12))
    evidence[np.arange(240), truth] += 2.0
    start_s = np.arange(240) * 5.0
    full = page_beliefs(evidence, start_s, start_s + 4).argmax(axis=1)
    monkeypatch.setattr(pacing, "_CELLS", 240 * 12 * 25)
    cut = page_beliefs(evidence, start_s, start_s + 4).argmax(axis=1)
    assert (full == truth).mean() > 0.95
    assert (cut == full).mean() > 0.95


@pytest.mark.parametrize("sentences", [1, 2])
def test_very_short_talks(sentences):
    start_s = np.arange(sentences) * 1.0
    beliefs = page_beliefs(np.zeros((sentences, 3)), start_s, start_s)
    assert beliefs.shape == (sentences, 3)
    assert np.isfinite(beliefs).all()
