"""Score a listing of slides against a recording's truth.

    python -m benchmarks.slides.score TRUTH.json SLIDES.json

SLIDES.json is what `lectern extract` writes: a list of {start_s, end_s, slide_id, image}. An other.json
beside it, a list of {kind, start_s, end_s}, says what the rest of the recording shows.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.slides import distinct, passages, similarity, transitions


@dataclass(frozen=True)
class Score:
    """All that is said of one extraction; `ssim` is the mean over found slides with an image of their own."""

    within_1s: transitions.TransitionScore
    within_3s: transitions.TransitionScore
    builds_within_1s: transitions.TransitionScore
    slides: distinct.DistinctScore
    passages: passages.PassageScore
    ssim: float | None

    def row(self) -> dict[str, Any]:
        """The figures of a table's row."""
        slides = self.slides
        error = self.within_3s.error_s
        return {
            "f1_1s": round(self.within_1s.count.f1, 4),
            "f1_3s": round(self.within_3s.count.f1, 4),
            "distinct_f1": round(slides.count.f1, 4),
            "error_s": None if error is None else round(error, 3),
            "twins": [slides.twins_apart, slides.twins],
            "predicted": slides.predicted,
            "true": slides.count.right + slides.count.missed,
            "duplicates": slides.duplicates,
            "partial": slides.partial,
            "junk": slides.junk,
            "passages": [self.passages.free, self.passages.known, self.passages.all],
            "ssim": None if self.ssim is None else round(self.ssim, 4),
        }


def score(truth_json: Path, listing_json: Path) -> Score:
    truth = json.loads(truth_json.read_text(encoding="utf-8"))
    listing = json.loads(listing_json.read_text(encoding="utf-8"))
    rows = listing["slides"] if isinstance(listing, dict) else listing
    with_images = isinstance(listing, list) and all(row.get("image") for row in rows)
    told = listing_json.with_name("other.json")
    other = json.loads(told.read_text(encoding="utf-8")) if told.exists() else None
    like = similarity.slide_similarities(truth_json, listing_json) if with_images else {}
    return Score(
        within_1s=transitions.score(truth, rows, tolerance_s=1),
        within_3s=transitions.score(truth, rows, tolerance_s=3),
        builds_within_1s=transitions.score(truth, rows, tolerance_s=1, level="build"),
        slides=distinct.score(
            truth, truth_json.parent, rows, listing_json.parent, truth_json.parent / truth["video"]
        ),
        passages=passages.score(truth, rows, other),
        ssim=statistics.mean(like.values()) if like else None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path)
    parser.add_argument("listing", type=Path)
    parser.add_argument("-v", action="store_true", help="everything, not just the figures")
    options = parser.parse_args()
    result = score(options.truth, options.listing)
    print(json.dumps(asdict(result) if options.v else result.row(), indent=1 if options.v else None))


if __name__ == "__main__":
    main()
