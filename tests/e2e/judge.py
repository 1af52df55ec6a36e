"""Measures a result against the truth of a recording (`samples/truth.json`). Pure; times in seconds.

Transitions are counted as in the slide bench: a start or an end of a predicted interval is a boundary, each
change of slide wants one, a build step wants none, and inside a cross-fade every moment is right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.word_errors import normalised, word_error_rate

__all__ = [
    "Score",
    "sections_found",
    "sentence_slide_accuracy",
    "terms_found",
    "transition_f1",
    "word_error_rate",
]

Json = Mapping[str, Any]

EDGE_S = 0.5  # boundaries this close to the recording's start or end say nothing
SAME_BOUNDARY_S = 0.3  # an end and the next start


@dataclass(frozen=True)
class Score:
    hits: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.wrong) if self.hits else 0.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.hits / (2 * self.hits + self.wrong + self.missed) if self.hits else 0.0


# ---------------------------------------------------------------------------------------- slides
def transition_f1(truth: Json, slides_listing: Sequence[Json], tolerance_s: float = 1.0) -> Score:
    """`slides_listing` is slides.json: an entry an interval, {start_s, end_s, slide_id, …}."""
    required, optional = _changes(truth["segments"])
    found = _boundaries(slides_listing, truth["duration_s"])
    pairs = sorted(
        (_distance(window, second), i, j)
        for i, window in enumerate(required)
        for j, second in enumerate(found)
        if _distance(window, second) <= tolerance_s
    )
    changes, boundaries = _one_to_one((i, j) for _, i, j in pairs)
    ignored = sum(
        any(_distance(window, second) <= tolerance_s for window in optional)
        for j, second in enumerate(found)
        if j not in boundaries
    )
    return Score(len(changes), len(found) - len(boundaries) - ignored, len(required) - len(changes))


def _changes(
    segments: Sequence[Json],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Windows in which a slide gives way to another; those where a boundary is neither right nor wrong."""
    required, optional = [], []
    shown, before = segments[0]["slide_id"], segments[0]
    for segment in segments[1:]:
        window = (segment["start_s"], segment["start_s"] + segment.get("fade_s", 0.0))
        if segment["kind"] == "slide" and shown is not None and segment["slide_id"] != shown:
            required.append(window)
        elif segment["kind"] != "slide" or before["kind"] != "slide":
            optional.append(window)
        shown, before = segment["slide_id"] or shown, segment
    return required, optional


def _boundaries(listing: Sequence[Json], duration_s: float) -> list[float]:
    times = sorted({t for entry in listing for t in (entry["start_s"], entry["end_s"])})
    kept: list[float] = []
    for second in times:
        inside = EDGE_S <= second <= duration_s - EDGE_S
        if inside and (not kept or second - kept[-1] >= SAME_BOUNDARY_S):
            kept.append(second)
    return kept


def _distance(window: tuple[float, float], second: float) -> float:
    return max(window[0] - second, second - window[1], 0.0)


def _one_to_one(pairs: Iterable[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """Greedy matching of what comes best first."""
    left: set[int] = set()
    right: set[int] = set()
    for i, j in pairs:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
    return left, right


# ------------------------------------------------------------------------------------- alignment
def sentence_slide_accuracy(truth: Json, sentences: Sequence[Json], slides_listing: Sequence[Json]) -> float:
    """Share of the true sentences whose slide was found.

    `sentences` are {start_s, end_s, slide} with the predicted slide (None: none); `slides_listing` is
    slides.json, whose `slide_id` may be that number or a name that ends in it. A predicted slide stands for
    the true slide, and a predicted sentence for the true sentences, that it shares most time with.
    """
    stands_for = _true_slides(truth, slides_listing)
    right = 0
    for wanted in truth["sentences"]:
        span = (wanted["start_s"], wanted["end_s"])
        best = max(sentences, key=lambda s: _overlap(span, (s["start_s"], s["end_s"])), default=None)
        if best is not None and _overlap(span, (best["start_s"], best["end_s"])) > 0:
            right += best["slide"] is not None and stands_for.get(best["slide"]) == wanted["slide_id"]
    return right / len(truth["sentences"])


def _true_slides(truth: Json, listing: Sequence[Json]) -> dict[int, str]:
    shared: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for entry in listing:
        number = int(re.findall(r"\d+", str(entry["slide_id"]))[-1])
        for slide in truth["slides"]:
            for start, end in slide["intervals"]:
                shared[number][slide["slide_id"]] += _overlap(
                    (entry["start_s"], entry["end_s"]), (start, end)
                )
    return {number: max(times, key=lambda name: times[name]) for number, times in shared.items()}


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> float:
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0]))


# --------------------------------------------------------------------------------------- content
STOP_WORDS = frozenset(
    ("a", "an", "and", "at", "for", "from", "how", "in", "is", "it", "of", "on", "or", "our", "the", "this",
     "to", "we", "what", "which", "why", "with")
)  # fmt: skip


def sections_found(truth: Json, sections: Sequence[Json], tolerance_s: float = 10.0) -> Score:
    """`sections` are {title, interval: {start_s}} or {title, start_s}.

    A true section is found by one that begins within the tolerance and whose title shares a word with its own
    title, with the title of a slide shown in it or with a term that it defines ("Part 2" shares none).
    """
    wanted = truth["sections"]
    starts = [section.get("interval", section)["start_s"] for section in sections]
    pairs = sorted(
        (abs(starts[j] - section["start_s"]), i, j)
        for i, section in enumerate(wanted)
        for j in range(len(sections))
        if abs(starts[j] - section["start_s"]) <= tolerance_s
        and _content(sections[j]["title"]) & _vocabulary(truth, i)
    )
    hits = len(_one_to_one((i, j) for _, i, j in pairs)[0])
    return Score(hits, len(sections) - hits, len(wanted) - hits)


def _vocabulary(truth: Json, index: int) -> set[str]:
    start = truth["sections"][index]["start_s"]
    later = [section["start_s"] for section in truth["sections"][index + 1 :]]
    span = (start, later[0] if later else truth["duration_s"])
    texts = [truth["sections"][index]["title"]]
    texts += [s["title"] for s in truth["slides"] if any(_overlap(span, i) > 0 for i in s["intervals"])]
    texts += [t["term"] for t in truth["terms"] if span[0] <= t["start_s"] < span[1]]
    return set().union(*(_content(text) for text in texts))


def terms_found(truth: Json, terms: Sequence[Json], *, explained: bool = False) -> Score:
    """`terms` are {term, explanation, …}; singular or plural is the same, and one word may be too many.

    With `explained`, the explanation must also hold most of the other words of the defining sentence.
    """
    pairs = sorted(
        (len(_stems(term["term"])), i, j)
        for i, wanted in enumerate(truth["terms"])
        for j, term in enumerate(terms)
        if _same_term(wanted["term"], term["term"])
        and (not explained or _explains(wanted, term.get("explanation") or ""))
    )
    hits = len(_one_to_one((i, j) for _, i, j in pairs)[0])
    return Score(hits, len(terms) - hits, len(truth["terms"]) - hits)


def _same_term(wanted: str, found: str) -> bool:
    need, have = _stems(wanted), _stems(found)
    return set(need) <= set(have) and len(have) <= len(need) + 1


def _explains(wanted: Json, found: str) -> bool:
    need = _content(wanted["explanation"]) - _content(wanted["term"])
    return len(need & _content(found)) >= 0.6 * len(need)


def _content(text: str) -> set[str]:
    return set(_stems(text)) - STOP_WORDS


def _stems(text: str) -> list[str]:
    return [re.sub(r"(?<=[a-rt-z])s$", "", word) for word in normalised(text)]
