"""A contact sheet: every slide image that was written, what it was judged to be, and what was missed."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from benchmarks.slides.fonts import font
from benchmarks.slides.score import Score

_WIDTH, _HEIGHT, _CAPTION, _COLUMNS = 384, 216, 40, 4
_COLOURS = {
    "found": "#1f7a3d",
    "duplicate": "#b36b00",
    "partial": "#b36b00",
    "junk": "#b3261e",
    "missed": "#b3261e",
}


def write(truth_json: Path, listing_json: Path, result: Score, target: Path) -> None:
    """`listing_json` has an image for each slide, as Lectern writes it."""
    truth = json.loads(truth_json.read_text(encoding="utf-8"))
    spans: dict[str, list[str]] = {}
    images: dict[str, Path] = {}
    for row in json.loads(listing_json.read_text(encoding="utf-8")):
        spans.setdefault(row["slide_id"], []).append(f"{row['start_s']:.1f}–{row['end_s']:.1f}")
        images[row["slide_id"]] = listing_json.parent / row["image"]
    cells = [
        (images[key], verdict, f"{key} {verdict}", ", ".join(spans[key]) + " s")
        for key, verdict in result.slides.verdicts.items()
    ]
    for slide in truth["slides"]:
        if slide["slide_id"] in result.slides.missed:
            shown = ", ".join(f"{a:.1f}–{b:.1f}" for a, b in slide["intervals"])
            image = truth_json.parent / slide["image"]
            cells.append((image, "missed", f"missed {slide['slide_id']}", f"{shown} s"))
    rows = -(-len(cells) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * (_WIDTH + 12) + 12, rows * (_HEIGHT + _CAPTION + 12) + 12), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (path, verdict, title, times) in enumerate(cells):
        x = 12 + number % _COLUMNS * (_WIDTH + 12)
        y = 12 + number // _COLUMNS * (_HEIGHT + _CAPTION + 12)
        colour = _COLOURS[verdict.partition(" ")[0]]
        with Image.open(path) as image:
            small = ImageOps.pad(image.convert("RGB"), (_WIDTH, _HEIGHT), color="#808080")
        sheet.paste(small, (x, y))
        pen.rectangle([x - 2, y - 2, x + _WIDTH + 1, y + _HEIGHT + 1], outline=colour, width=3)
        pen.text((x, y + _HEIGHT + 3), title, font=font("sans", 15, True), fill=colour)
        pen.text((x, y + _HEIGHT + 21), times[:60], font=font("sans", 13), fill="black")
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
