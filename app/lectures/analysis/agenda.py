"""The lecturer's own outline: which slide begins which point of an agenda slide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from app.lectures.analysis.headings import is_generic, title_stem
from app.lectures.analysis.lexicon import SUMMARY_TITLE
from app.lectures.analysis.speech import Speech
from app.lectures.embedding import Embed
from app.lectures.wording import content_stems, vectors

Array = NDArray[np.float64]

_AMONG_FIRST = 4  # slides; an agenda later than that is a list of something else
_FEWEST, _MOST = 2, 9
_LONGEST_POINT_WORDS = 8
_LONGEST_LABEL_WORDS = 4
_SAME = 0.84  # OCR may have joined words or missed a letter
_SAME_WORDS = 0.75
_NAMED = 1.0  # added to the likeness of a slide that bears the point's name
_COUNTED = 0.5  # to that of a slide whose title the summary mentions with the point
_EARLY = 0.6  # taken from a slide before the one that bears the name
_COHESION = 0.3  # times the likeness of a slide to the one before, if they stay together
_NUMBERING = re.compile(r"^(?:\d{1,2}|[ivxIVX]{1,4}|[a-zA-Z])[.):]?\s+(?=\S{2})")


def agenda_points(
    order: Sequence[int],
    contents: Mapping[int, str],
    titles: Mapping[int, str],
    speech: Speech,
    embed: Embed | None,
) -> dict[int, str]:
    """First slide of each point -> its wording; empty without an agenda that the slides' titles bear out.

    Slides after the agenda are cut into as many runs as there are points, each run being about its point: the
    best such cut by dynamic programming. At least half of the points must recur as the title of a slide.
    """
    found = next((n for n in order[:_AMONG_FIRST] if _points(n, contents, titles)), None)
    if found is None:
        return {}
    points = _points(found, contents, titles)
    after = [n for n in order[order.index(found) + 1 :] if not _closes(titles.get(n, ""))]
    if len(after) < len(points):
        return {}
    spoken: dict[int, list[str]] = {}
    for sentence in speech.sentences:
        if sentence.slide is not None:
            spoken.setdefault(sentence.slide, []).append(sentence.text)
    closing = [n for n in order[order.index(found) + 1 :] if SUMMARY_TITLE.match(titles.get(n, ""))]
    summed_up = [line for n in closing for line in contents.get(n, "").split("\n")]
    told = [_told(point, points, summed_up) for point in points]
    texts = ["\n".join([point, *lines]) for point, lines in zip(points, told, strict=True)]
    rows = vectors([*texts, *(" ".join([contents.get(n, ""), *spoken.get(n, ())]) for n in after)], embed)
    fit = (rows[len(points) :] @ rows[: len(points)].T).astype(np.float64)
    bears = [[titles.get(n, ""), *_labels(contents.get(n, ""))] for n in after]
    named = np.array([[any(alike(name, point) for name in names) for point in points] for names in bears])
    if named.any(axis=0).sum() * 2 < len(points):
        return {}
    for column in np.flatnonzero(named.any(axis=0)):
        fit[: int(named[:, column].argmax()), column] -= _EARLY
    counted = [[any(_mentions(line, titles.get(n, "")) for line in lines) for lines in told] for n in after]
    fit += _COUNTED * np.array(counted)
    shown = rows[len(points) :].astype(np.float64)
    alike_before = np.concatenate([[0.0], (shown[1:] * shown[:-1]).sum(axis=1)])
    starts = _best_cut(fit + _NAMED * named, _COHESION * alike_before)
    return {after[start]: point for start, point in zip(starts, points, strict=True)}


def _points(number: int, contents: Mapping[int, str], titles: Mapping[int, str]) -> list[str]:
    title = titles.get(number, "")
    if not title or not is_generic(title):
        return []
    lines = [_NUMBERING.sub("", line) for line in contents.get(number, "").split("\n") if line != title]
    points = [line for line in lines if len(line.split()) <= _LONGEST_POINT_WORDS and not _closes(line)]
    return points if _FEWEST <= len(points) <= _MOST else []


def _labels(content: str) -> list[str]:
    """What the lines of a slide set off with a colon: "Collision: two keys lead to the same bucket"."""
    heads = [line.split(":")[0] for line in content.split("\n") if ": " in line]
    return [head for head in heads if len(head.split()) <= _LONGEST_LABEL_WORDS]


def _told(point: str, points: Sequence[str], summary: Sequence[str]) -> list[str]:
    """Lines of the summary on this point alone: there its parts are called by their names."""
    own = set(content_stems(point))
    others = set().union(*(content_stems(other) for other in points if other != point)) - own
    return [line for line in summary if own & (stems := set(content_stems(line))) and not stems & others]


def _mentions(line: str, title: str) -> bool:
    stems = set(content_stems(title))
    return bool(stems) and stems <= set(content_stems(line))


def _closes(title: str) -> bool:
    return SUMMARY_TITLE.match(title) is not None or (bool(title) and is_generic(title))


def alike(title: str, point: str) -> bool:
    """The same words, give or take letters or small words that were misread or left out."""
    one, other = title_stem(title).replace(" ", ""), title_stem(point).replace(" ", "")
    if not one or not other:
        return False
    fewer, more = sorted((set(content_stems(title)), set(content_stems(point))), key=len)
    same_words = fewer <= more and len(fewer) >= max(2, len(more) - 1)
    return SequenceMatcher(None, one, other).ratio() >= (_SAME_WORDS if same_words else _SAME)


def _best_cut(fit: Array, stay: Array) -> list[int]:
    """Row at which each column's run begins, for (slides, points) with at least as many rows as columns.

    `stay`: what it is worth, per slide, to leave it in the run of the slide before.
    """
    slides, points = fit.shape
    best = np.full((slides, points), -np.inf)
    entered = np.zeros((slides, points), dtype=bool)
    best[0, 0] = fit[0, 0]
    for row in range(1, slides):
        for column in range(points):
            come = best[row - 1, column - 1] if column else -np.inf
            on = best[row - 1, column] + stay[row]
            entered[row, column] = come > on
            best[row, column] = max(come, on) + fit[row, column]
    starts, column = [0] * points, points - 1
    for row in range(slides - 1, 0, -1):
        if entered[row, column]:
            starts[column] = row
            column -= 1
    return starts
