"""The speech of a lecture, prepared once for all parts of the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.lectures.analysis.cleaning import clean, uncapitalised
from app.lectures.analysis.figures import contradicts
from app.lectures.analysis.hearing import UNSURE, doubted_words, doubts
from app.lectures.analysis.ranking import Scores, centrality
from app.lectures.embedding import Embed
from app.lectures.model import AlignedSentence, Sentence
from app.lectures.wording import STOPWORDS, Matrix, content_stems, vectors


@dataclass(frozen=True)
class Speech:
    """Parallel by position: sentences as spoken, cleaned ("" if all fillers), unit rows, centrality 0..1.

    `doubt`: how likely words of it were misheard, 0..1 (see `hearing`), `doubted`: which of them.
    """

    sentences: tuple[AlignedSentence, ...]
    texts: tuple[str, ...]
    rows: Matrix
    central: Scores
    doubt: Scores
    doubted: tuple[frozenset[str], ...]
    english: bool

    def cited(self, at: int) -> AlignedSentence:
        """The sentence with its cleaned text."""
        return self.sentences[at].model_copy(update={"text": self.texts[at]})

    def unsure(self, positions: Sequence[int]) -> bool:
        return any(self.doubt[at] >= UNSURE for at in positions)

    def certain(self, at: int) -> bool:
        """Whether the sentence may be learnt by heart: not a word that matters was doubted."""
        return not self.unsure([at]) and self.doubted[at] <= STOPWORDS


def prepare(
    sentences: Sequence[AlignedSentence],
    spoken: Sequence[Sentence],
    *,
    english: bool,
    embed: Embed | None,
    lines: Mapping[int, Sequence[str]] | None = None,
) -> Speech:
    """`spoken`: the same sentences with their words; `lines`: what stands on the slides, by number."""
    lines = lines or {}
    written = {stem for shown in lines.values() for line in shown for stem in content_stems(line)}
    doubt = doubts(spoken, written)
    for at, sentence in enumerate(sentences):
        if english and contradicts(sentence.text, lines.get(sentence.slide or 0, ())):
            doubt[at] = max(doubt[at], UNSURE)
    # The vectors are those of the words as spoken: alignment has already computed them.
    rows = vectors([sentence.text for sentence in sentences], embed)
    return Speech(
        sentences=tuple(
            sentence.model_copy(
                update={
                    "unsure": bool(much >= UNSURE),
                    "text": uncapitalised(sentence.text) if english else sentence.text,
                }
            )
            for sentence, much in zip(sentences, doubt, strict=True)
        ),
        texts=tuple(clean(sentence.text, english=english) for sentence in sentences),
        rows=rows,
        central=centrality(rows),
        doubt=doubt,
        doubted=doubted_words(spoken, written),
        english=english,
    )
