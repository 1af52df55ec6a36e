"""The speech of a lecture, prepared once for all parts of the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.lectures.analysis.cleaning import clean
from app.lectures.analysis.ranking import Scores, centrality
from app.lectures.embedding import Embed
from app.lectures.model import AlignedSentence, Sentence
from app.lectures.wording import Matrix, vectors


@dataclass(frozen=True)
class Speech:
    """Parallel by position: sentences as spoken, cleaned ("" if all fillers), unit rows, centrality 0..1.

    `misheard` is by how much the recogniser was less sure of a sentence than of the usual one, 0..1.
    """

    sentences: tuple[AlignedSentence, ...]
    texts: tuple[str, ...]
    rows: Matrix
    central: Scores
    misheard: Scores
    english: bool

    def cited(self, at: int) -> AlignedSentence:
        """The sentence with its cleaned text."""
        return self.sentences[at].model_copy(update={"text": self.texts[at]})


def prepare(
    sentences: Sequence[AlignedSentence], spoken: Sequence[Sentence], *, english: bool, embed: Embed | None
) -> Speech:
    """`spoken`: the same sentences with their words."""
    sure = np.array([np.mean([word.probability for word in sentence.words]) for sentence in spoken])
    # The vectors are those of the words as spoken: alignment has already computed them.
    rows = vectors([sentence.text for sentence in sentences], embed)
    return Speech(
        sentences=tuple(sentences),
        texts=tuple(clean(sentence.text, english=english) for sentence in sentences),
        rows=rows,
        central=centrality(rows),
        misheard=np.clip(np.median(sure) - sure, 0, None) if len(sure) else sure,
        english=english,
    )
