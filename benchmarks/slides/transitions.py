"""Were the changes of slide found, and when: F1 at a tolerance, and the error of the boundaries.

A change is required where a slide appears that is not the last one that was seen; to the speaker or to black,
and back to the same slide, is optional: found or not, it counts neither way. A build step is no change (at
level "build" it is). Anywhere inside a cross-fade the error is 0. The rules are those of the slide kit that
the project's goals are stated in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Mapping[str, Any]
Level = Literal["slide", "build"]

EDGE_S = 0.5  # boundaries this close to the start or end of the recording say nothing
SAME_S = 0.3  # an end and the next start within this are one boundary
BUILD_S = 0.4  # a build step may fade in for so long


@dataclass(frozen=True)
class Change:
    start_s: float
    end_s: float
    kind: str  # cut, fade, revisit, twin, build; of optional ones: first, back, away

    def distance(self, second: float) -> float:
        if self.start_s <= second <= self.end_s:
            return 0.0
        return min(abs(second - self.start_s), abs(second - self.end_s))


@dataclass(frozen=True)
class Count:
    """True positives, false positives, false negatives."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


@dataclass(frozen=True)
class TransitionScore:
    count: Count
    error_s: float | None  # mean distance of the found ones
    found_by_kind: dict[str, tuple[int, int]] = field(default_factory=dict)  # kind: (found, all)


def changes(truth: Json, level: Level) -> tuple[list[Change], list[Change]]:
    """(required, optional) changes of a recording, in no particular order."""
    twin_of = {slide["slide_id"]: slide.get("near_of") for slide in truth["slides"]}
    required: list[Change] = []
    optional: list[Change] = []
    last_slide, last_kind = None, None
    seen: set[str] = set()
    for index, segment in enumerate(truth["segments"]):
        start, end = segment["start_s"], segment["start_s"] + segment.get("fade_s", 0.0)
        if segment["kind"] != "slide":
            if index:
                optional.append(Change(start, end, "away"))
        else:
            slide = segment["slide_id"]
            if index and last_slide is None:
                optional.append(Change(start, end, "first"))
            elif index and slide == last_slide:
                if last_kind != "slide":
                    optional.append(Change(start, end, "back"))
            elif index:
                twins = twin_of.get(slide) == last_slide or twin_of.get(last_slide) == slide
                usual = "fade" if end > start else "cut"
                kind = "twin" if twins else "revisit" if slide in seen else usual
                required.append(Change(start, end, kind))
            if level == "build":
                steps = [build["start_s"] for build in segment.get("builds", [])[1:]]
                required += [Change(at, at + BUILD_S, "build") for at in steps]
            last_slide = slide
            seen.add(slide)
        last_kind = segment["kind"]
    return required, optional


def boundaries(listing: Sequence[Json], duration_s: float) -> list[float]:
    """Seconds at which an interval of a listing starts or ends."""
    ends = {round(float(row[key]), 3) for row in listing for key in ("start_s", "end_s")}
    found: list[float] = []
    for second in sorted(ends):
        inside = EDGE_S <= second <= duration_s - EDGE_S
        if inside and not (found and second - found[-1] < SAME_S):
            found.append(second)
    return found


def score(
    truth: Json, listing: Sequence[Json], *, tolerance_s: float, level: Level = "slide"
) -> TransitionScore:
    """Each required change is matched with one boundary at most, the nearest pairs first."""
    required, optional = changes(truth, level)
    found = boundaries(listing, truth["duration_s"])
    pairs = sorted(
        (change.distance(second), i, j)
        for i, change in enumerate(required)
        for j, second in enumerate(found)
        if change.distance(second) <= tolerance_s
    )
    met: set[int] = set()
    used: set[int] = set()
    errors = []
    for distance, i, j in pairs:
        if i not in met and j not in used:
            met.add(i)
            used.add(j)
            errors.append(distance)
    wrong = [
        second
        for j, second in enumerate(found)
        if j not in used and not any(change.distance(second) <= tolerance_s for change in optional)
    ]
    kinds: dict[str, tuple[int, int]] = {}
    for i, change in enumerate(required):
        hits, total = kinds.get(change.kind, (0, 0))
        kinds[change.kind] = (hits + (i in met), total + 1)
    error = sum(errors) / len(errors) if errors else None
    return TransitionScore(Count(len(met), len(wrong), len(required) - len(met)), error, kinds)
