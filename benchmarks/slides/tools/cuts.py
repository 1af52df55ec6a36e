"""A list of seconds at which something changed, as a listing of intervals. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def write(folder: Path, cuts_s: Sequence[float], duration_s: float, images: Sequence[str] = ()) -> None:
    """Write slides.json: an interval from 0 or each cut to the next, with its image if there is one for each.

    Images belong to the intervals that start at the cuts, so there the first cut is the first slide.
    """
    inside = sorted({second for second in cuts_s if 0 <= second < duration_s})
    starts = inside if images else [0.0, *(second for second in inside if second > 0)]
    ends = [*starts[1:], duration_s]
    rows: list[dict[str, object]] = [
        {"start_s": start, "end_s": end} for start, end in zip(starts, ends, strict=True)
    ]
    for row, image in zip(rows, images, strict=False):
        row["image"] = image
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slides.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
