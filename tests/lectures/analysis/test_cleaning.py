from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lecture_texts import load

from app.lectures.analysis.cleaning import bare, clean
from app.lectures.analysis.lexicon import HESITATIONS

SPOKEN = [
    text for name in ("hash_tables", "membranes", "sleep") for v in load(name)["script"] for text in v["say"]
]


def is_subsequence(short: list[str], long: list[str]) -> bool:
    rest = iter(long)
    return all(word in rest for word in short)


def bare_words(text: str) -> list[str]:
    return [word for token in text.split() if (word := bare(token))]


@pytest.mark.parametrize(
    ("spoken", "cleaned"),
    [
        ("So, you know, the array is, um, a block.", "The array is a block."),
        ("And the the answer is yes, almost.", "The answer is yes, almost."),
        ("the ha- the hash function is fast", "The hash function is fast."),
        ("If you, if you double the size, the cost halves.", "If you double the size, the cost halves."),
        ("It is constant time, right?", "It is constant time."),
        ("Deletion is sort of tricky, you know.", "Deletion is tricky."),
        ("It is, uh, is basically a bag of water.", "It is basically a bag of water."),
        ("While it turns, The moon moves, So I wait.", "While it turns, the moon moves, so I wait."),
        ("I mean, it takes, like, an hour.", "It takes an hour."),
    ],
)
def test_fillers_repetitions_and_false_starts_go(spoken: str, cleaned: str) -> None:
    assert clean(spoken) == cleaned


@pytest.mark.parametrize(
    "sound",
    [
        "Do you know that a kind of graph is very very long?",
        "A heap is a sort of tree that keeps the largest key on top.",
        "What it is is a list.",
        "The proof had had two gaps.",
        "So that is what we know about log log n.",
        "You know the answer already, and so do they.",
        "The sequence is 0 1 0 1 for ever.",
        "People like lists, trees, and graphs.",
    ],
)
def test_sound_sentences_keep_their_words(sound: str) -> None:
    assert [w for w in bare_words(clean(sound)) if w != "so"] == [w for w in bare_words(sound) if w != "so"]


@pytest.mark.parametrize("nothing", ["", "Um, uh.", "...", "Hmm."])
def test_nothing_but_fillers_leaves_nothing(nothing: str) -> None:
    assert clean(nothing) == ""


@pytest.mark.parametrize("spoken", SPOKEN)
def test_lecture_sentences_only_lose_words(spoken: str) -> None:
    cleaned = clean(spoken)
    assert is_subsequence(bare_words(cleaned), bare_words(spoken))
    assert not HESITATIONS & set(bare_words(cleaned))
    assert ",," not in cleaned
    assert " ," not in cleaned
    assert clean(cleaned) == cleaned


TOKENS = (
    "um uh, you know, know so, so okay, and the the, a list list, is is, kind sort of of, like, I mean, "
    "right? ha- hash very 42 n. — what it it's we, we can, can. well, now, actually,"
)
tokens = st.sampled_from(TOKENS.split()) | st.text(min_size=1, max_size=6)


@given(st.lists(tokens, max_size=14).map(" ".join), st.booleans())
@example("ß", False)
def test_cleaning_never_adds_nor_reorders(spoken: str, english: bool) -> None:
    cleaned = clean(spoken, english=english)
    assert is_subsequence(bare_words(cleaned), bare_words(spoken))


def test_other_languages_keep_words_that_look_like_fillers() -> None:
    assert clean("Er ist, also, um acht Uhr da.", english=False) == "Er ist, also, um acht Uhr da."


def test_what_is_named_and_then_spoken_of_stays() -> None:
    spoken = "Think of a child on a swing, a child on a swing goes higher."
    assert clean(spoken) == spoken
