"""From pages and what is said about them to video.mp4, deck.pdf and truth.json."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.environment import ROOT, state_folder, virtual_env
from benchmarks.lectures import deck, film, plan, voice
from benchmarks.lectures.prose import PageTalk
from benchmarks.slides.actors import Picture
from benchmarks.slides.encode import Coding, write

VIEW_WIDTH = 960


@dataclass(frozen=True)
class Options:
    seed: int = 1
    minutes: float | None = None
    height: int = 1080
    fps: int = 30


def make(pages: Sequence[PageTalk], out: Path, options: Options, given_deck: Path | None = None) -> Path:
    """Write the lecture to `out` and return its truth.json. The deck is drawn unless one is given."""
    out.mkdir(parents=True, exist_ok=True)
    if given_deck is None:
        deck.write(pages, out / "deck.pdf")
    else:
        shutil.copyfile(given_deck, out / "deck.pdf")
    sentences = [text for _, said in plan.spoken_pages(pages, options.seed) for text in said]
    sounds, rate = speak(sentences)

    @cache
    def length_of(text: str) -> float:
        return len(np.load(sounds[text], mmap_mode="r")) / rate

    duration_s = options.minutes * 60 if options.minutes else None
    lecture = plan.plan(pages, length_of, options.seed, duration_s)
    size = (options.height * 16 // 9 // 2 * 2, options.height)
    numbers = [shown.page for shown in lecture.shown if shown.page is not None]
    drawn = deck.pictures(out / "deck.pdf", numbers, *size)
    part = out / "video.part.mp4"
    coding = Coding(fps=options.fps)
    frames = film.pictures(lecture, drawn, size, options.fps, options.seed)
    write(part, size, coding, frames, film.sound(lecture, sounds, rate), rate)
    part.rename(out / "video.mp4")
    facts = truth(lecture, pages, drawn, out)
    (out / "truth.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return out / "truth.json"


def speak(sentences: Iterable[str]) -> tuple[dict[str, Path], int]:
    """(sound file of each sentence, their rate): what was spoken before is kept and not spoken again."""
    folder = state_folder() / "voice" / "joe"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sorted(set(sentences))
    files = {text: voice.sound_file(folder, text) for text in wanted}
    missing = [text for text, file in files.items() if not file.exists()]
    if missing or not (folder / "rate").exists():
        python = virtual_env("voice", ["-r samples/requirements.txt"])
        asked = folder / f"asked-{os.getpid()}.json"
        asked.write_text(json.dumps(missing), encoding="utf-8")
        try:
            subprocess.run([python, voice.__file__, asked, folder], cwd=ROOT, check=True)
        finally:
            asked.unlink()
    return files, int((folder / "rate").read_text())


def truth(
    lecture: plan.Lecture, pages: Sequence[PageTalk], drawn: Mapping[int, Picture], out: Path
) -> dict[str, Any]:
    """Sentences with their page, and the recording in the form that the slide benchmark reads."""
    (out / "slides").mkdir(exist_ok=True)
    slides, segments = [], []
    visits: dict[int, int] = {}
    for shown in lecture.shown:
        segment: dict[str, Any] = {"kind": "presenter", "slide_id": None, "fade_s": 0.0, "effects": []}
        segment |= {"start_s": round(shown.start_s, 4), "end_s": round(shown.end_s, 4)}
        if shown.page is not None:
            visits[shown.page] = visits.get(shown.page, -1) + 1
            segment |= {"kind": "slide", "slide_id": f"p{shown.page:03d}", "visit": visits[shown.page]}
            segment["builds"] = [{"start_s": segment["start_s"], "end_s": segment["end_s"], "build": 0}]
        segments.append(segment)
    for number, picture in drawn.items():
        name = f"slides/p{number:03d}.png"
        image = Image.fromarray(picture)
        image.resize((VIEW_WIDTH, VIEW_WIDTH * image.height // image.width)).save(out / name)
        intervals = [[s["start_s"], s["end_s"]] for s in segments if s["slide_id"] == f"p{number:03d}"]
        slide = {"slide_id": f"p{number:03d}", "page": number, "title": pages[number - 1].title}
        slides.append(slide | {"image": name, "views": [name], "n_builds": 1, "near_of": None, "mask": []})
        slides[-1]["intervals"] = intervals
    return {
        "version": 1,
        "profile": "lecture",
        "video": "video.mp4",
        "deck": "deck.pdf",
        "duration_s": round(lecture.duration_s, 4),
        "sentences": [
            {
                "text": said.text,
                "start_s": round(said.start_s, 3),
                "end_s": round(said.end_s, 3),
                "page": said.page,
                "on_screen": lecture.on_screen((said.start_s + said.end_s) / 2),
            }
            for said in lecture.said
        ],
        "pages": len(pages),
        "not_shown": [n for n in range(1, len(pages) + 1) if n not in drawn],
        "segments": segments,
        "slides": slides,
    }
