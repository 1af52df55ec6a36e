"""From a lecture's description to the exact second of everything that is seen and heard.

A description is a YAML file: `slides` (Typst bodies) and a `script` of steps, run in order:
  section: TITLE            the next slide opens a section
  show: SLIDE               with `fade: SECONDS` or `late: SECONDS` (after the next sentence began)
  build: N                  the slide's next build step, `late` as above
  say: SENTENCE             numbers and fillers as they are spoken; `pause: SECONDS` before it
  pointer: [[x, y], …]      the mouse travels along these points (0..1) during the next sentence
  presenter: true | false   a small moving picture of the speaker from the next change on, or no more
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from studio.speech import Sound, Speaker

LEAD_IN_S, LEAD_OUT_S = 0.8, 1.5
EARLY_S = 0.2  # a change that is not late comes this long before the sentence
PAUSES_S = {"sentence": (0.3, 0.65), "build": (0.5, 0.8), "show": (0.7, 1.0)}


@dataclass
class Visit:
    """One stretch in which a slide is in view; builds are (second, build step)."""

    slide_id: str
    start_s: float
    fade_s: float
    builds: list[tuple[float, int]]
    end_s: float = 0.0


@dataclass(frozen=True)
class Spoken:
    text: str
    start_s: float
    end_s: float
    slide_id: str


@dataclass(frozen=True)
class PointerPath:
    start_s: float
    end_s: float
    points: list[list[float]]


@dataclass
class Timeline:
    visits: list[Visit] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    sounds: list[tuple[float, Sound]] = field(default_factory=list)
    sections: list[tuple[str, float]] = field(default_factory=list)
    pointers: list[PointerPath] = field(default_factory=list)
    presenter: list[list[float]] = field(default_factory=list)
    duration_s: float = 0.0


def plan(lecture: dict[str, Any], speaker: Speaker, *, seed: int = 1) -> Timeline:
    """Speak the script and lay everything out in time. Raises SystemExit when the script makes no sense."""
    builds = {slide["id"]: slide.get("builds", 1) for slide in lecture["slides"]}
    chance, line = random.Random(seed), Timeline()
    last: dict[str, int] = {}  # the build step at which a slide was left
    now, section, change, points, presenter = 0.0, None, None, None, None
    for step in lecture["script"]:
        if "section" in step:
            section = step["section"]
        elif "presenter" in step:
            presenter = bool(step["presenter"])
        elif "pointer" in step:
            points = step["pointer"]
        elif "show" in step or "build" in step:
            if change is not None:
                raise SystemExit(f"two changes without a sentence between them: {change}, {step}")
            change = step
        else:
            kind = "sentence" if change is None else "show" if "show" in change else "build"
            sound = speaker.say(step["say"])
            start = now + (step.get("pause") or chance.uniform(*PAUSES_S[kind])) if line.visits else LEAD_IN_S
            end = start + len(sound) / speaker.rate
            if change is not None:
                at = (start + change["late"] if "late" in change else start - EARLY_S) if line.visits else 0.0
                _apply(line, change, at, builds, last)
                if section is not None and "show" in change:
                    line.sections.append((section, at))
                    section = None
                if presenter is not None:
                    _toggle(line, presenter, at)
                    presenter = None
            if points is not None:
                line.pointers.append(PointerPath(start - 0.3, end + 0.4, points))
            line.spoken.append(Spoken(step["say"], start, end, line.visits[-1].slide_id))
            line.sounds.append((start, sound))
            now, change, points = end, None, None
    line.duration_s = now + LEAD_OUT_S
    for visit, following in zip(line.visits, line.visits[1:], strict=False):
        visit.end_s = following.start_s
    line.visits[-1].end_s = line.duration_s
    if line.presenter and len(line.presenter[-1]) == 1:
        line.presenter[-1].append(line.duration_s)
    return line


def _apply(
    line: Timeline, change: dict[str, Any], at: float, builds: dict[str, int], last: dict[str, int]
) -> None:
    if "show" in change:
        slide_id = change["show"]
        if slide_id not in builds:
            raise SystemExit(f"the script shows '{slide_id}', which is no slide of this lecture")
        # A slide that comes back is complete, as it was when it was left.
        line.visits.append(Visit(slide_id, at, change.get("fade", 0.0), [(at, last.get(slide_id, 0))]))
    else:
        visit = line.visits[-1]
        if change["build"] != visit.builds[-1][1] + 1 or change["build"] >= builds[visit.slide_id]:
            raise SystemExit(f"'{visit.slide_id}' cannot go to build step {change['build']}")
        visit.builds.append((at, change["build"]))
    last[line.visits[-1].slide_id] = line.visits[-1].builds[-1][1]


def _toggle(line: Timeline, shown: bool, at: float) -> None:
    if shown:
        line.presenter.append([at])
    else:
        line.presenter[-1].append(at)
