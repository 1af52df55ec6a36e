"""Cuts a lecture without slides into sections by the topics of its speech."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.lectures.analysis.lexicon import DANGLING, TURN
from app.lectures.analysis.spans import Span, most_sections
from app.lectures.analysis.speech import Speech

_WINDOW = 6  # sentences on each side of a gap
_FEWEST_SENTENCES = 5
_TURN_BONUS = 0.25
_DANGLING_PENALTY = 0.4  # a section does not begin with a sentence that leans on the one before
_SHALLOWEST = 0.05


def sections_by_topic(speech: Speech, duration_s: float, name: Callable[[range], str]) -> list[Span]:
    """TextTiling (Hearst, 1997) over sentence vectors, helped by phrases that announce a turn."""
    total = len(speech.texts)
    if total == 0:
        return []
    wanted = max(1, min(most_sections(duration_s), total // _FEWEST_SENTENCES))
    depth = _depths(speech)
    cuts: list[int] = []
    for gap in sorted(range(1, total), key=lambda g: (-depth[g], g)):
        apart = all(
            abs(gap - other) >= max(_FEWEST_SENTENCES, total // (2 * wanted)) for other in [0, total, *cuts]
        )
        if apart and len(cuts) < wanted - 1 and depth[gap] > _SHALLOWEST:
            cuts.append(gap)
    edges = [0, *sorted(cuts), total]
    spans = []
    for part, (a, b) in enumerate(pairwise(edges), start=1):
        start = 0.0 if a == 0 else speech.sentences[a].start_s
        end = duration_s if b == total else speech.sentences[b].start_s
        spans.append(Span((), start, end, range(a, b), name(range(a, b)) or f"Part {part}"))
    return spans


def _depths(speech: Speech) -> NDArray[np.float64]:
    """How deep similarity dips at the gap before each sentence, against the hills around; index 0 unused."""
    total = len(speech.texts)
    like = np.ones(total)
    for gap in range(1, total):
        left = speech.rows[max(0, gap - _WINDOW) : gap].mean(axis=0)
        right = speech.rows[gap : gap + _WINDOW].mean(axis=0)
        like[gap] = float(left @ right / max(1e-9, float(np.linalg.norm(left) * np.linalg.norm(right))))
    depth = np.zeros(total)
    for gap in range(1, total):
        left_hill = like[max(1, gap - 2 * _WINDOW) : gap + 1].max()
        right_hill = like[gap : gap + 2 * _WINDOW + 1].max()
        depth[gap] = left_hill + right_hill - 2 * like[gap]
        if speech.english:
            depth[gap] += _TURN_BONUS * bool(TURN.match(speech.sentences[gap].text))
            depth[gap] -= _DANGLING_PENALTY * bool(DANGLING.match(speech.texts[gap]))
    return depth
