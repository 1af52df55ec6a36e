"""Builds the values of a lecture from a compact script whose truth is known."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from app.lectures.model import (
    Interval,
    Sentence,
    Slide,
    SlideExtraction,
    SlideText,
    SpokenWord,
    TextLine,
    TextWord,
    Transcript,
)

FIXTURES = Path(__file__).parent / "fixtures"
WORDS_PER_S = 2.6
PAUSE_S = 0.5


def load(name: str) -> dict[str, Any]:
    lecture: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return lecture


def slide_texts(lecture: dict[str, Any], confidence: float = 0.93) -> tuple[SlideText, ...]:
    out = []
    for slide in lecture["slides"]:
        lines, y = [], 60
        for text, height in slide["lines"]:
            words, x = [], 80
            for word in text.split():
                width = int(len(word) * height * 0.55)
                words.append(TextWord(text=word, x=x, y=y, width=width, height=height, confidence=confidence))
                x += width + height // 3
            lines.append(TextLine(words=tuple(words)))
            y += int(height * 1.9)
        out.append(SlideText(number=slide["number"], lines=tuple(lines)))
    return tuple(out)


def say(text: str, start_s: float, probability: float = 0.9) -> Sentence:
    words = []
    for word in text.split():
        end_s = start_s + 1 / WORDS_PER_S
        words.append(
            SpokenWord(text=word, start_s=round(start_s, 3), end_s=round(end_s, 3), probability=probability)
        )
        start_s = end_s
    return Sentence(words=tuple(words))


def build(
    lecture: dict[str, Any], *, jitter_s: float = 0.0, seed: int = 7, language: str = "en"
) -> tuple[Transcript, SlideExtraction, tuple[SlideText, ...], list[int]]:
    """Transcript, extraction, OCR text and the true slide of each sentence.

    A switch of slides happens up to `jitter_s` before or after the first sentence about the new slide.
    """
    chance = random.Random(seed)
    now, sentences, truth = 1.0, [], []
    switches: list[tuple[float, int]] = []
    for visit in lecture["script"]:
        switches.append((max(0.0, now - PAUSE_S / 2 + chance.uniform(-jitter_s, jitter_s)), visit["slide"]))
        for text in visit["say"]:
            sentences.append(say(text, now))
            truth.append(visit["slide"])
            now = sentences[-1].end_s + PAUSE_S
    ends = [start for start, _ in switches[1:]] + [now]
    shown: dict[int, list[Interval]] = {}
    for (start, number), end in zip(switches, ends, strict=True):
        shown.setdefault(number, []).append(Interval(start_s=start, end_s=end))
    slides = tuple(
        Slide(
            number=number,
            intervals=tuple(intervals),
            image=f"slides/{number}.png",
            width=1280,
            height=720,
            frame_s=intervals[0].start_s,
        )
        for number, intervals in sorted(shown.items())
    )
    return (
        Transcript(language=language, model="made up", sentences=tuple(sentences), duration_s=now),
        SlideExtraction(slides=slides, duration_s=now),
        slide_texts(lecture),
        truth,
    )
