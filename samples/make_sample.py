#!/usr/bin/env python3
"""Make a lecture recording, and the truth about it, from a description.

    python3 -m venv samples/.venv && samples/.venv/bin/pip install -r samples/requirements.txt
    samples/.venv/bin/python samples/make_sample.py
    samples/.venv/bin/python samples/make_sample.py samples/other.yaml --out other_lecture --parts

The first makes lecture.mp4, truth.json and slides/ in samples/ again. A description is explained in
studio/timeline.py. `--parts` also writes the sound alone (audio.m4a) and the picture alone (silent.mp4).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml
from studio import slides, speech, timeline, truth, video

HERE = Path(__file__).parent
FPS = 25


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lecture", nargs="?", type=Path, default=HERE / "hash_tables.yaml")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for lecture.mp4, truth.json, slides/")
    parser.add_argument("--height", type=int, default=1080, help="pixels; the picture is 16:9")
    parser.add_argument("--parts", action="store_true", help="also audio.m4a and silent.mp4")
    options = parser.parse_args()
    make(options.lecture, options.out, height=options.height, parts=options.parts)


def make(description: Path, out: Path, *, height: int, parts: bool) -> None:
    lecture = yaml.safe_load(description.read_text())
    deck = [
        slides.SlideSource(
            s["id"], s["title"], s["body"], number, s.get("builds", 1), s.get("layout", "content")
        )
        for number, s in enumerate(lecture["slides"], start=1)
    ]
    out.mkdir(parents=True, exist_ok=True)
    views = {
        (slide.slide_id, build): slides.draw(
            slide, build, theme=lecture["theme"], lecture=lecture["lecture"], height=height
        )
        for slide in deck
        for build in range(slide.builds)
    }
    speaker = speech.Speaker(speed=lecture.get("voice_speed", 1.0), seed=lecture.get("voice_seed", 1))
    line = timeline.plan(lecture, speaker)
    track = speech.mix(line.sounds, line.duration_s, speaker.rate)
    names = truth.save_views(out / "slides", deck, views)
    facts = truth.describe(lecture, deck, line, names, video="lecture.mp4")
    (out / "truth.json").write_text(json.dumps(facts, indent=1) + "\n")

    scene = video.Scene(line, views, speech.loudness(track, speaker.rate, FPS), FPS)
    scenecut = lecture.get("key_frame_at_cuts", True)
    written = [out / "lecture.mp4"]
    video.write(
        written[0], scene, track, speaker.rate, fps=FPS, duration_s=line.duration_s, scenecut=scenecut
    )
    if parts:
        written += [out / "audio.m4a", out / "silent.mp4"]
        video.copy_stream(written[0], written[1], "audio")
        video.copy_stream(written[0], written[2], "video")
    for path in written:
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {line.duration_s:.1f} s")


if __name__ == "__main__":
    main()
