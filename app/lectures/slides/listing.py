"""`slides.json`: one entry an interval, for programs that want a flat list."""

from __future__ import annotations

import json
from pathlib import Path

from app.lectures.model import SlideExtraction


def write_listing(extraction: SlideExtraction, out_dir: Path, image_folder: str = "slides") -> Path:
    """Write `out_dir/slides.json`: {start_s, end_s, slide_id, image} by start.

    `image_folder` is where the images lie, relative to `out_dir` ("" when beside the list); their names
    in it are relative to it. `annotated` beside `image`: the same with what was written on the slide.
    """
    prefix = f"{image_folder}/" if image_folder else ""
    rows = [
        {
            "start_s": interval.start_s,
            "end_s": interval.end_s,
            "slide_id": f"s{slide.number:03d}",
            "image": prefix + slide.image,
            **({} if slide.annotated is None else {"annotated": prefix + slide.annotated}),
        }
        for slide in extraction.slides
        for interval in slide.intervals
    ]
    rows.sort(key=lambda row: (row["start_s"], row["end_s"]))
    path = out_dir / "slides.json"
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return path
