"""Which sentences matter: centrality, cues and place, and a choice that does not repeat itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.lectures.analysis.lexicon import CUES, DANGLING, ORGANISATION, POINTING
from app.lectures.wording import Matrix, content_stems

Scores = NDArray[np.float64]

_DAMPING = 0.85
_ROUNDS = 60
UNFIT = -0.9  # what leans on another sentence, or is about the lecture: at most where nothing better was said
_SHORTEST_WORDS, _GOOD_WORDS, _LONGEST_WORDS = 6, 9, 30


def centrality(rows: Matrix) -> Scores:
    """TextRank (Mihalcea & Tarau, 2004) over cosine similarities; 0..1, the most central sentence is 1."""
    if len(rows) == 0:
        return np.zeros(0)
    likeness = np.clip((rows @ rows.T).astype(np.float64), 0, None)
    np.fill_diagonal(likeness, 0)
    likeness = np.where(likeness >= 0.1, likeness, 0)
    strength = likeness.sum(axis=1, keepdims=True)
    moves = np.divide(likeness, strength, out=np.full_like(likeness, 1 / len(rows)), where=strength > 0)
    rank = np.full(len(rows), 1 / len(rows))
    for _ in range(_ROUNDS):
        rank = (1 - _DAMPING) / len(rows) + _DAMPING * (rank @ moves)
    low, high = rank.min(), rank.max()
    return (rank - low) / (high - low) if high > low else np.full(len(rows), 0.5)


def merit(text: str, *, english: bool) -> float:
    """What a cleaned sentence is worth by itself as a line of a summary; negative: not fit for one.

    The English cues are added; other languages are judged by length alone.
    """
    count = len(text.split())
    if count < _SHORTEST_WORDS or not content_stems(text):
        return -1.0
    score = 0.0
    if count < _GOOD_WORDS:
        score -= 0.15
    if count > _LONGEST_WORDS:
        score -= 0.02 * (count - _LONGEST_WORDS)
    if text.endswith("?"):
        return -1.0
    if english:
        if ORGANISATION.search(text):
            score += UNFIT
        if DANGLING.match(text):
            score += UNFIT
        elif POINTING.search(text) or "also" in text.lower().split()[:4]:
            score -= 0.2
        score += 0.3 * min(2, len(CUES.findall(text)))
    return score


def choose(
    rows: Matrix,
    scores: Sequence[float],
    count: int,
    *,
    least: float = 0.0,
    redundant: float = 0.5,
    extra: Callable[[int, Sequence[int]], float] = lambda candidate, chosen: 0.0,
) -> list[int]:
    """Maximal marginal relevance (Carbonell & Goldstein, 1998): at most `count` row numbers, in order.

    Rows scored below `least` are never taken. `extra(candidate, chosen)` adds to the score as choices are
    made.
    """
    chosen: list[int] = []
    left = [i for i, score in enumerate(scores) if score >= least]
    while left and len(chosen) < count:

        def gain(candidate: int) -> float:
            like = max((float(rows[candidate] @ rows[other]) for other in chosen), default=0.0)
            return (
                scores[candidate] - redundant * like - (5.0 if like > 0.9 else 0.0) + extra(candidate, chosen)
            )

        best = max(left, key=lambda i: (gain(i), -i))
        if gain(best) < least - redundant:
            break
        chosen.append(best)
        left.remove(best)
    return sorted(chosen)
