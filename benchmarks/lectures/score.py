"""Sentence to page: how many of a lecture's sentences were given the page that they are about.

    python -m benchmarks.lectures.score TRUTH.json SENTENCES.json

SENTENCES.json is a list of {start_s, end_s, page} (page from 1, or null), as heard: cut into other sentences
than were spoken. A spoken sentence has the page of the one that it shares the most time with.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class AlignmentScore:
    """`accuracy` is over sentences; `f1` the mean over pages that are spoken of, weighted by their sentences;
    `hard` is the accuracy where another page, or none, is on screen; `screen` is the accuracy of taking the
    page on screen."""

    sentences: int
    accuracy: float
    f1: float
    hard: float | None
    screen: float


def score(truth: Json, found: Sequence[Json]) -> AlignmentScore:
    spoken = truth["sentences"]
    wanted = [sentence["page"] for sentence in spoken]
    given = [_page(sentence, found) for sentence in spoken]
    hard = [i for i, sentence in enumerate(spoken) if sentence["on_screen"] != sentence["page"]]
    right = [a == b for a, b in zip(wanted, given, strict=True)]
    return AlignmentScore(
        sentences=len(spoken),
        accuracy=_share(right),
        f1=weighted_f1(wanted, given),
        hard=_share([right[i] for i in hard]) if hard else None,
        screen=1 - len(hard) / len(spoken) if spoken else 0.0,
    )


def weighted_f1(wanted: Sequence[int], given: Sequence[int | None]) -> float:
    """F1 of each page, weighted by how often it is wanted."""
    right = Counter(a for a, b in zip(wanted, given, strict=True) if a == b)
    often, told = Counter(wanted), Counter(given)
    total = sum(2 * right[page] / (count + told[page]) * count for page, count in often.items())
    return round(total / len(wanted), 4) if wanted else 0.0


def _page(sentence: Json, found: Sequence[Json]) -> int | None:
    def shared(row: Json) -> float:
        return float(min(row["end_s"], sentence["end_s"]) - max(row["start_s"], sentence["start_s"]))

    best = max(found, key=shared, default=None)
    return best["page"] if best is not None and shared(best) > 0 else None


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / len(right), 4) if right else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path)
    parser.add_argument("sentences", type=Path)
    options = parser.parse_args()
    truth = json.loads(options.truth.read_text(encoding="utf-8"))
    found = json.loads(options.sentences.read_text(encoding="utf-8"))
    print(json.dumps(asdict(score(truth, found))))


if __name__ == "__main__":
    main()
