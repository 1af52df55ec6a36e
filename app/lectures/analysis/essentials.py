"""The extractive summary: what of a section, and of the whole lecture, one has to know."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from app.lectures.analysis.lexicon import TOLD_TO_REMEMBER
from app.lectures.analysis.ranking import UNFIT, Scores, centrality, choose, merit
from app.lectures.analysis.spans import Span
from app.lectures.analysis.speech import Speech
from app.lectures.embedding import Embed
from app.lectures.model import AlignedSentence
from app.lectures.wording import vectors

_SHARE = 0.4  # of a section's sentences
_FEWEST, _MOST = 3, 8
_FEWEST_TO_REMEMBER, _MOST_TO_REMEMBER = 5, 8
_MOST_MISHEARD = 0.6
_SHOWN = 0.4
_DEFINES = 0.35
_NAMES_TERM = 0.08
_LEAST = 0.1
_AT_LEAST, _LEAST_IN_NEED = 2, -0.5
_SAME_SECTION = 0.35
_TOLD_TO = 0.5


def shown_as_well(speech: Speech, lines: Mapping[int, Sequence[str]], embed: Embed | None) -> Scores:
    """How near each sentence comes to a line of its slide, 0..1: lecturers write down what matters."""
    near = np.zeros(len(speech.texts))
    distinct = list(dict.fromkeys(line for shown in lines.values() for line in shown))
    if not distinct or not speech.texts:
        return near
    rows = vectors([*distinct, *(sentence.text for sentence in speech.sentences)], embed)
    row_of = {line: row for row, line in enumerate(distinct)}
    for at, sentence in enumerate(speech.sentences):
        shown = [row_of[line] for line in lines.get(sentence.slide or 0, ()) if len(line.split()) > 1]
        if shown:
            near[at] = max(0.0, float((rows[shown] @ rows[len(distinct) + at]).max()))
    return near


def worth(speech: Speech, terms: Collection[str], defining: Collection[int], shown: Scores) -> Scores:
    """What each sentence is worth to a summary; negative: unfit.

    `terms`: the best ones in lower case; `defining`: positions that define one; `shown`: see `shown_as_well`.
    """
    out = np.empty(len(speech.texts))
    for at, text in enumerate(speech.texts):
        out[at] = value = merit(text, english=speech.english)
        if value <= UNFIT:
            continue
        low = text.lower()
        named = sum(term in low for term in terms)
        out[at] = value + 0.3 * speech.central[at] + _SHOWN * shown[at] + _NAMES_TERM * min(3, named)
        # Words the recogniser was unsure of are likely wrong, and a summary is no place for them.
        out[at] -= min(_MOST_MISHEARD, speech.doubt[at])
        if at in defining:
            out[at] += _DEFINES
    return out


def essentials(
    span: Span, speech: Speech, value: Scores, followers: Mapping[int, int]
) -> tuple[AlignedSentence, ...]:
    """The section's main sentences, cleaned, in the order in which they were said.

    `followers`: sentences that complete another ("That is called ..."), by the one that they complete.
    What was heard unclearly is listed only where the section has nothing else.
    """
    at = span.positions
    rows = speech.rows[at.start : at.stop]
    scores = value[at.start : at.stop] + 0.5 * centrality(rows)
    count = max(_FEWEST, min(_MOST, round(_SHARE * len(at))))
    sure = [UNFIT if speech.unsure([p]) else float(score) for p, score in zip(at, scores, strict=True)]
    picked = choose(rows, sure, count, least=_LEAST)
    if len(picked) < _AT_LEAST:
        picked = choose(rows, sure, _AT_LEAST, least=_LEAST_IN_NEED)
    if not picked:  # nothing else was heard clearly
        picked = choose(rows, list(scores), _AT_LEAST, least=_LEAST_IN_NEED)
    chosen = {at.start + i for i in picked}
    chosen |= {
        followers[position]
        for position in chosen
        if followers.get(position) in at and not speech.unsure([followers[position]])
    }
    return tuple(speech.cited(position) for position in sorted(chosen))


def to_remember(
    spans: Sequence[Span],
    speech: Speech,
    value: Scores,
    sections_essentials: Mapping[int, Sequence[AlignedSentence]],
    summaries: Collection[int],
) -> tuple[AlignedSentence, ...]:
    """Five to eight sentences from all over the lecture; fewer only if it has no more that can stand alone.

    `summaries`: numbers of sections in which the speaker sums up, which count for more.
    """
    section_of = {at: number for number, span in enumerate(spans) for at in span.positions}
    position_of = {sentence.index: at for at, sentence in enumerate(speech.sentences)}
    listed = {position_of[s.index] for chosen in sections_essentials.values() for s in chosen}
    count = max(_FEWEST_TO_REMEMBER, min(_MOST_TO_REMEMBER, len(spans) + 2))
    scores = [
        value[at]
        + 0.4 * speech.central[at]
        + 0.2 * (at in listed)
        + 0.25 * (section_of.get(at) in summaries)
        + _TOLD_TO * (speech.english and TOLD_TO_REMEMBER.search(speech.texts[at]) is not None)
        for at in range(len(speech.texts))
    ]

    def spread(candidate: int, chosen: Sequence[int]) -> float:
        same = sum(section_of.get(other) == section_of.get(candidate) for other in chosen)
        return -_SAME_SECTION * same

    sure = [UNFIT if speech.unsure([at]) else score for at, score in enumerate(scores)]
    picked = choose(speech.rows, sure, count, least=_LEAST, redundant=0.6, extra=spread)
    picked = picked or choose(speech.rows, scores, count, least=_LEAST, redundant=0.6, extra=spread)
    return tuple(speech.cited(at) for at in picked)
