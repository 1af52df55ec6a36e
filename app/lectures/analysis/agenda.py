"""The lecturer's own outline: which slide begins which point of an agenda slide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np

from app.lectures.analysis.headings import is_generic, title_stem
from app.lectures.analysis.lexicon import SUMMARY_TITLE
from app.lectures.analysis.speech import Speech
from app.lectures.embedding import Embed
from app.lectures.wording import vectors

_AMONG_FIRST = 4  # slides; an agenda later than that is a list of something else
_FEWEST, _MOST = 2, 9
_LONGEST_POINT_WORDS = 8
_SAME = 0.84  # OCR may have joined words or missed a letter
_NAMED = 1.0  # added to the likeness of a slide that bears the point's name
_EARLY = 0.6  # taken from a slide before the one that bears the name
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
    rows = vectors([*points, *(" ".join([contents.get(n, ""), *spoken.get(n, ())]) for n in after)], embed)
    fit = (rows[len(points) :] @ rows[: len(points)].T).astype(np.float64)
    named = np.array([[alike(titles.get(n, ""), point) for point in points] for n in after])
    if named.any(axis=0).sum() * 2 < len(points):
        return {}
    for column in np.flatnonzero(named.any(axis=0)):
        fit[: int(named[:, column].argmax()), column] -= _EARLY
    starts = _best_cut(fit + _NAMED * named)
    return {after[start]: point for start, point in zip(starts, points, strict=True)}


def _points(number: int, contents: Mapping[int, str], titles: Mapping[int, str]) -> list[str]:
    title = titles.get(number, "")
    if not title or not is_generic(title):
        return []
    lines = [_NUMBERING.sub("", line) for line in contents.get(number, "").split("\n") if line != title]
    points = [line for line in lines if len(line.split()) <= _LONGEST_POINT_WORDS and not _closes(line)]
    return points if _FEWEST <= len(points) <= _MOST else []


def _closes(title: str) -> bool:
    return SUMMARY_TITLE.match(title) is not None or (bool(title) and is_generic(title))


def alike(title: str, point: str) -> bool:
    one, other = title_stem(title).replace(" ", ""), title_stem(point).replace(" ", "")
    return bool(one) and bool(other) and SequenceMatcher(None, one, other).ratio() >= _SAME


def _best_cut(fit: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[int]:
    """Row at which each column's run begins, for (slides, points) with at least as many rows as columns."""
    slides, points = fit.shape
    best = np.full((slides, points), -np.inf)
    entered = np.zeros((slides, points), dtype=bool)
    best[0, 0] = fit[0, 0]
    for row in range(1, slides):
        for column in range(points):
            come = best[row - 1, column - 1] if column else -np.inf
            entered[row, column] = come > best[row - 1, column]
            best[row, column] = max(come, best[row - 1, column]) + fit[row, column]
    starts, column = [0] * points, points - 1
    for row in range(slides - 1, 0, -1):
        if entered[row, column]:
            starts[column] = row
            column -= 1
    return starts
