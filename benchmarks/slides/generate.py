"""A recording of a profile, with its truth: video.mp4, truth.json, slides/ (clean) and views/ (as seen).

truth.json, all times in seconds on the presentation clock of video.mp4:
  segments  what is seen, in order, without gaps: kind (slide, presenter, video, black), slide_id, visit,
            start_s, end_s, fade_s (length of the cross-fade into it, from start_s), effects,
            builds [{start_s, end_s, build}]
  slides    distinct slides: slide_id, image, views (one a build step), n_builds, title, near_of (the twin
            that differs by a number or a word), intervals, mask (boxes 0..1 with a moving picture inside)
A slide visited twice is one slide. Builds belong to their slide; twins are two slides.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.slides import encode, script
from benchmarks.slides.profiles import Profile
from benchmarks.slides.render import Renderer

VIEW_WIDTH = 960
_RATE = 22050


def make(name: str, profile: Profile, seed: int, out: Path, decks: Sequence[Path] = ()) -> Path:
    """Render into `out` and return the truth.json. The same name, profile, seed and decks give the same."""
    chance = random.Random(f"{name}/{seed}")
    out.mkdir(parents=True, exist_ok=True)
    slides = script.slides(profile, chance, decks)
    segments = script.write(profile, chance, slides)
    renderer = Renderer(profile, chance, segments)
    part = out / "video.part.mp4"
    murmur = encode.murmur(segments[-1].end_s, seed, _RATE)
    frames = encode.write(part, profile.size, profile.coding, renderer.pictures(), murmur, _RATE)
    part.rename(out / "video.mp4")
    facts = {"version": 1, "profile": name, "seed": seed, "video": "video.mp4"}
    facts |= {"duration_s": round(segments[-1].end_s, 4), "encoded_frames": frames}
    facts |= {"params": {"filmed": profile.filmed, "fps": profile.fps, "width": profile.width}}
    facts |= {"segments": _segments(segments), "slides": _slides(segments, slides, renderer, out)}
    path = out / "truth.json"
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path


def _segments(segments: Sequence[script.Segment]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    visits: dict[str, int] = {}
    for segment in segments:
        row: dict[str, Any] = {"kind": segment.kind, "slide_id": None, "effects": segment.shows}
        row |= {"start_s": _t(segment.start_s), "end_s": _t(segment.end_s), "fade_s": _t(segment.fade_s)}
        if segment.slide is not None:
            slide_id = row["slide_id"] = segment.slide.slide_id
            row["visit"] = visits[slide_id] = visits.get(slide_id, -1) + 1
            row["builds"] = [
                {"start_s": _t(a), "end_s": _t(b), "build": step} for a, b, step in segment.builds
            ]
        rows.append(row)
    return rows


def _slides(
    segments: Sequence[script.Segment], slides: Sequence[script.Slide], renderer: Renderer, out: Path
) -> list[dict[str, Any]]:
    shown = {segment.slide.slide_id for segment in segments if segment.slide is not None}
    for folder in ("slides", "views"):
        (out / folder).mkdir(exist_ok=True)
    rows = []
    for slide in slides:
        if slide.slide_id not in shown:
            continue
        slide.builds[-1].save(out / "slides" / f"{slide.slide_id}.png")
        views = []
        for step in range(len(slide.builds)):
            view = Image.fromarray(renderer.view(slide, step))
            views.append(f"views/{slide.slide_id}_b{step}.png")
            height = VIEW_WIDTH * view.height // view.width
            view.resize((VIEW_WIDTH, height), Image.Resampling.LANCZOS).save(out / views[-1])
        rows.append(
            {
                "slide_id": slide.slide_id,
                "image": f"slides/{slide.slide_id}.png",
                "views": views,
                "n_builds": len(views),
                "title": slide.title,
                "near_of": slide.near_of if slide.near_of in shown else None,
                "intervals": [[_t(s.start_s), _t(s.end_s)] for s in segments if s.slide is slide],
                "mask": [list(slide.film_box)] if slide.film_box else [],
            }
        )
    return rows


def _t(seconds: float) -> float:
    return round(seconds, 4)
