"""How lecturers go through a deck: a hidden semi-Markov model over its pages.

A page is stayed on for a while (judged as a whole: neither a glance nor half the lecture), then comes mostly
the next one, seldom a later one, very seldom an earlier one. Forward-backward recursion for explicit
durations after Yu, "Hidden semi-Markov models", 2010.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Nats. Chosen once, on eight lectures of MaViLS, whose decks are mostly gone through page by page.
_NEXT = 2.0
_SKIP, _SKIP_FAR = 4.0, 2.0  # one page; by e times as many
_BACK = 25.0  # looking back is rare, and a stray word must not cause it
_LATE_START = 10.0
_STAY_SPREAD = 1.2  # of the logarithm of a stay, against the mean stay
_SHORTEST_S = 0.5
_PAUSE = 0.5  # nats an e-fold of the pause against the usual one: people pause when they turn a page
_CELLS = 60_000_000  # stays × pages looked at, at most: some seconds of work


def page_beliefs(evidence: Array, start_s: Array, end_s: Array) -> Array:
    """(sentences, pages) probability that each sentence was spoken to each page; rows sum to 1.

    evidence: (sentences, pages) log likelihoods; start_s, end_s: of each sentence, in seconds, ascending.
    """
    sentences, pages = evidence.shape
    edges = np.append(start_s, max(end_s[-1], start_s[-1] + _SHORTEST_S))
    mean_stay_s = max((edges[-1] - edges[0]) / pages, _SHORTEST_S)
    longest = sentences
    if sentences * sentences * pages > _CELLS:
        longest = max(20, _CELLS // (sentences * pages))
    moves = np.exp(-_move_costs(pages, may_stay=longest < sentences))
    turn = _turn_bonus(start_s, end_s)
    total = np.vstack([np.zeros(pages), np.cumsum(evidence, axis=0)])

    def stay(begin: Array, end: Array) -> Array:
        length = np.log(np.maximum(end - begin, _SHORTEST_S) / mean_stay_s)
        cost: Array = -0.5 * np.square(length / _STAY_SPREAD)
        return cost[:, None]

    entered = np.full((sentences, pages), -np.inf)  # log weight of all ways to begin a page at a sentence …
    entered[0] = -_start_costs(pages)
    left = np.full((sentences + 1, pages), -np.inf)  # … and to end it before one
    for at in range(1, sentences + 1):
        first = max(0, at - longest)
        ways = entered[first:at] - total[first:at] + stay(edges[first:at], edges[at])
        left[at] = np.logaddexp.reduce(ways, axis=0) + total[at]
        if at < sentences:
            entered[at] = _moved(left[at], moves) + turn[at]
    after = np.zeros((sentences + 1, pages))  # log weight of all that follows an end before a sentence …
    ahead = np.full((sentences, pages), -np.inf)  # … and a beginning at one
    for at in range(sentences - 1, -1, -1):
        last = min(sentences, at + longest)
        ways = after[at + 1 : last + 1] + total[at + 1 : last + 1] + stay(edges[at], edges[at + 1 : last + 1])
        ahead[at] = np.logaddexp.reduce(ways, axis=0) - total[at]
        if at:
            after[at] = _moved(ahead[at], moves.T) + turn[at]
    whole = np.logaddexp.reduce(left[-1])
    begun = np.exp(entered + ahead - whole).cumsum(axis=0)
    ended = np.exp(left + after - whole).cumsum(axis=0)[:-1]
    beliefs = np.clip(begun - ended, 0.0, 1.0)
    normalised: Array = beliefs / beliefs.sum(axis=1, keepdims=True)
    return normalised


def _moved(weights: Array, moves: Array) -> Array:
    top = weights.max()
    moved: Array = top + np.log(np.exp(weights - top) @ moves + 1e-300)
    return moved


def _move_costs(pages: int, *, may_stay: bool) -> Array:
    """(pages, pages) from row to column. Staying is a matter of the stay, unless stays had to be cut."""
    step = np.arange(pages)[None, :] - np.arange(pages)[:, None]
    skip = np.where(step > 1, _SKIP + _SKIP_FAR * np.log(np.maximum(step - 1, 1)), 0.0)
    costs: Array = np.where(step > 0, _NEXT + skip, _NEXT + _BACK)
    np.fill_diagonal(costs, 0.0 if may_stay else np.inf)
    return costs


def _start_costs(pages: int) -> Array:
    later = np.arange(pages, dtype=np.float64)
    costs: Array = np.where(later > 0, _LATE_START + _SKIP_FAR * np.log(np.maximum(later, 1)), 0.0)
    return costs


def _turn_bonus(start_s: Array, end_s: Array) -> Array:
    """Nats for turning the page before each sentence, by the pause before it."""
    pauses = np.append(0.0, start_s[1:] - end_s[:-1])
    usual = max(float(np.median(pauses[1:])) if len(pauses) > 1 else 0.0, 0.1)
    bonus: Array = _PAUSE * np.clip(np.log(np.maximum(pauses, 0.05) / usual), -1.0, 1.5)
    return bonus
