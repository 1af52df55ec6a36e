from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence

import numpy as np
import pytest

from app.errors import BadConfiguration
from app.lectures.embedding import DIMENSIONS, Remembering, SentenceEmbedder, Vectors


@pytest.fixture(scope="module")
def embed() -> SentenceEmbedder:
    return SentenceEmbedder(batch=4)


def test_vectors_have_unit_length_and_keep_the_order(embed: SentenceEmbedder) -> None:
    texts = [
        "A hash table stores keys.",
        "Yes.",
        "The cell membrane is a thin film of fat molecules.",
        "No.",
    ] * 3
    rows = embed(texts)
    assert rows.shape == (12, DIMENSIONS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    alone = embed(texts[2:3])[0]
    assert int(np.argmax(rows @ alone)) in {2, 6, 10}


def test_meaning_counts_not_only_words(embed: SentenceEmbedder) -> None:
    doctor, physician, compiler = embed(
        [
            "The doctor treats the patient.",
            "A physician cares for sick people.",
            "The compiler optimises the loop.",
        ]
    )
    assert doctor @ physician > 0.5 > doctor @ compiler + 0.2


def test_same_list_gives_same_vectors(embed: SentenceEmbedder) -> None:
    texts = ["Alpha decay emits a helium nucleus.", "short", "and a third one of another length altogether"]
    assert np.array_equal(embed(texts), embed(texts))


def test_no_texts_give_an_empty_array(embed: SentenceEmbedder) -> None:
    assert embed([]).shape == (0, DIMENSIONS)


def test_endless_text_is_cut_not_refused(embed: SentenceEmbedder) -> None:
    assert embed(["word " * 5000]).shape == (1, DIMENSIONS)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadConfiguration, match="minilm"):
        SentenceEmbedder()


def test_remembering_asks_once_for_each_text() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    once = Remembering(embed)
    once(["a", "bb", "a"])
    rows = once(["bb", "ccc"])
    assert asked == ["a", "bb", "ccc"]
    assert rows[:, 0].tolist() == [2.0, 3.0]


def test_what_was_learnt_is_handed_on() -> None:
    def embed(texts: Sequence[str]) -> Vectors:
        return np.array([np.full(DIMENSIONS, len(text) / 3) for text in texts], dtype=np.float32)

    def forbidden(texts: Sequence[str]) -> Vectors:
        raise AssertionError(texts)

    first = Remembering(embed)
    rows = first(["a", "é\n"])
    second = Remembering(forbidden, json.loads(json.dumps(first.pack())))
    assert np.array_equal(second(["é\n", "a"]), rows[::-1])
    assert len(Remembering(embed, Remembering(embed).pack())(["a"])) == 1
