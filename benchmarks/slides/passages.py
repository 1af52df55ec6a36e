"""Were the stretches without a slide left free of slides, and called what they are: presenter, video, black.

Only those that last are judged. One is left free when no slide is listed for nearly all of it, and is known
when what is listed for most of it (by a program that lists such stretches at all) has its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
_SHORTEST_S = 4.0
# A boundary may lie this far off; share of the rest that has to be told right.
_RIM_S, _MOST = 1.0, 0.9


@dataclass(frozen=True)
class PassageScore:
    free: int
    known: int | None  # None: the program does not say what they are
    all: int
    wrong: tuple[str, ...] = ()  # kinds and seconds of those not right


def score(truth: Json, listing: Sequence[Json], other: Sequence[Json] | None) -> PassageScore:
    """`listing` and `other` hold {start_s, end_s}, the latter a kind besides."""
    free, known, wrong = 0, 0, []
    passages = [
        (row["kind"], row["start_s"] + row.get("fade_s", 0.0) + _RIM_S, row["end_s"] - _RIM_S)
        for row in truth["segments"]
        if row["kind"] != "slide" and row["end_s"] - row["start_s"] >= _SHORTEST_S
    ]
    for kind, start_s, end_s in passages:
        is_free = _share(listing, start_s, end_s) <= 1 - _MOST
        named = [row for row in other or () if row["kind"] == kind]
        is_known = _share(named, start_s, end_s) >= _MOST
        free += is_free
        known += is_known
        if not is_free or (other is not None and not is_known):
            wrong.append(f"{kind} {start_s - _RIM_S:.1f}-{end_s + _RIM_S:.1f}")
    return PassageScore(free, None if other is None else known, len(passages), tuple(wrong))


def _share(rows: Iterable[Json], start_s: float, end_s: float) -> float:
    """Of the time between two seconds that lies in one of the rows, which do not overlap."""
    covered = sum(max(0.0, min(end_s, row["end_s"]) - max(start_s, row["start_s"])) for row in rows)
    return float(covered / (end_s - start_s))
