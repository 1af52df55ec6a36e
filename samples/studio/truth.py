"""What is true of a recording, in the form that the tests and benchmarks read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from studio.slides import Picture, SlideSource
from studio.timeline import Timeline

VIEW_SIZE = (960, 540)


def save_views(
    folder: Path, slides: list[SlideSource], views: dict[tuple[str, int], Picture]
) -> dict[str, list[str]]:
    """Half-size pictures of each slide at each build step; file names by slide."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, list[str]] = {}
    for slide in slides:
        for build in range(slide.builds):
            name = f"{slide.number:02}-{slide.slide_id}-{build}.png"
            small = Image.fromarray(views[slide.slide_id, build]).resize(VIEW_SIZE, Image.Resampling.LANCZOS)
            small.quantize(64).save(folder / name, optimize=True)
            names.setdefault(slide.slide_id, []).append(f"{folder.name}/{name}")
    return names


def describe(
    lecture: dict[str, Any],
    slides: list[SlideSource],
    line: Timeline,
    views: dict[str, list[str]],
    *,
    video: str,
) -> dict[str, Any]:
    """Slides with their visits and builds, sentences with their slide, sections, terms; times in seconds."""
    spoken = [
        {"text": s.text, "start_s": _t(s.start_s), "end_s": _t(s.end_s), "slide_id": s.slide_id}
        for s in line.spoken
    ]
    return {
        "version": 1,
        "title": lecture["lecture"],
        "video": video,
        "duration_s": _t(line.duration_s),
        "slides": [
            {
                "slide_id": slide.slide_id,
                "title": slide.title,
                "image": views[slide.slide_id][-1],
                "views": views[slide.slide_id],
                "n_builds": slide.builds,
                "intervals": [
                    [_t(v.start_s), _t(v.end_s)] for v in line.visits if v.slide_id == slide.slide_id
                ],
            }
            for slide in slides
        ],
        "segments": [_segment(line, index) for index in range(len(line.visits))],
        "sentences": spoken,
        "sections": [{"title": title, "start_s": _t(start)} for title, start in line.sections],
        "terms": [_term(term, spoken) for term in lecture["terms"]],
    }


def _segment(line: Timeline, index: int) -> dict[str, Any]:
    visit = line.visits[index]
    ends = [start for start, _ in visit.builds[1:]] + [visit.end_s]
    pip = any(start < visit.end_s and visit.start_s < end for start, end in line.presenter)
    mouse = any(p.start_s < visit.end_s and visit.start_s < p.end_s for p in line.pointers)
    return {
        "kind": "slide",
        "slide_id": visit.slide_id,
        "visit": sum(v.slide_id == visit.slide_id for v in line.visits[:index]),
        "start_s": _t(visit.start_s),
        "end_s": _t(visit.end_s),
        "fade_s": visit.fade_s,
        "builds": [
            {"start_s": _t(start), "end_s": _t(end), "build": build}
            for (start, build), end in zip(visit.builds, ends, strict=True)
        ],
        "effects": [name for name, there in (("presenter", pip), ("pointer", mouse)) if there],
    }


def _term(term: dict[str, str], spoken: list[dict[str, Any]]) -> dict[str, Any]:
    """A key term and the spoken sentence that defines it."""
    found = [i for i, sentence in enumerate(spoken) if sentence["text"].startswith(term["sentence"])]
    if len(found) != 1:
        raise SystemExit(f"no single sentence starts with {term['sentence']!r}")
    sentence = spoken[found[0]]
    return {
        "term": term["term"],
        "sentence": found[0],
        "explanation": sentence["text"],
        "start_s": sentence["start_s"],
        "slide_id": sentence["slide_id"],
    }


def _t(seconds: float) -> float:
    return round(seconds, 3)
