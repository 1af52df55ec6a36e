"""Slides out of recordings: Lectern beside its peers, on rendered lectures whose truth is known.

    ./deploy_scalable.sh bench slides [--profiles mixed screencast …] [--seeds 1 2] [--minutes 2]
    ./deploy_scalable.sh bench slides --videos FOLDER_WITH_TRUTH_JSON … [--no-peers] [--sheet]
    ./deploy_scalable.sh bench slides --profiles mixed --minutes 10 --hours 1 --no-peers

Without options: one recording of each profile, two minutes, 1080 lines where the profile has them; Lectern on
all of them, the peers on `mixed`. × is how many seconds of recording are done in one. With --hours each
recording comes again and again until it lasts about so long. The last line is one line of JSON: `to_floors`
in it is how many times as long as each floor Lectern took, `own_frames` what the recording's own frames at
the true times score for distinct slides: hardly can one frame a slide do better.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.environment import NotInstallable, state_folder
from benchmarks.slides import distinct, generate, runners, sheet
from benchmarks.slides.measure import Failed, Spent
from benchmarks.slides.profiles import PROFILES
from benchmarks.slides.repeat import repeat
from benchmarks.slides.score import Score, score

_PEERS_ON = ("mixed",)


@dataclass(frozen=True)
class Result:
    """One program on one recording. What could not be done has a reason instead of figures."""

    video: str
    runner: str
    spent: Spent | None = None
    x_realtime: float | None = None
    figures: dict[str, Any] | None = None
    reason: str = ""


def main() -> int:
    options = _parser().parse_args()
    truths = [folder / "truth.json" for folder in options.videos] or _render(options)
    results: list[Result] = []
    ceilings: dict[str, float] = {}
    for truth in truths:
        facts = json.loads(truth.read_text(encoding="utf-8"))
        name, slides = truth.parent.name, len(facts["slides"])
        print(f"\n{name}: {facts['duration_s']:.0f} s, {slides} slides", flush=True)
        if not facts.get("params", {}).get("filmed"):  # what a camera shows has to be cut out first
            ceilings[name] = _ceiling(truth, facts)
            print(f"its own frames at the true times: slides {ceilings[name]:.2f}", flush=True)
        print(_HEADER, flush=True)
        peers = options.peers is True or (
            options.peers is None and (options.videos or facts["profile"] in _PEERS_ON)
        )
        chosen = [*runners.FLOORS, runners.LECTERN, *(runners.PEERS if peers else ())]
        for runner in chosen:
            result = _measure(runner, truth, facts["duration_s"], options)
            results.append(result)
            print(_line(result), flush=True)
    print()
    for line in _summary(results):
        print(line)
    told = [{k: v for k, v in asdict(result).items() if v not in (None, "")} for result in results]
    load = round(os.getloadavg()[0], 1)
    facts = {"cpus": os.cpu_count(), "load": load, "own_frames": ceilings, "to_floors": _to_floors(results)}
    print(json.dumps({**facts, "results": told}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench slides", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profiles", nargs="+", choices=sorted(PROFILES), default=sorted(PROFILES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--minutes", type=float, default=2.0, help="of each recording")
    parser.add_argument("--hours", type=float, help="repeat each recording until it lasts so long")
    parser.add_argument("--height", type=int, help="lines of the picture, for all profiles")
    parser.add_argument("--deck", nargs="+", type=Path, default=[], help="PDF decks to take slides from")
    parser.add_argument("--videos", nargs="+", type=Path, default=[], help="folders with a truth.json")
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, help="on all recordings, or on none"
    )
    parser.add_argument("--sheet", action="store_true", help="a contact sheet of what Lectern found")
    parser.add_argument("--runs", type=int, default=1, help="of each program; the median counts")
    parser.add_argument("--limit", type=float, default=1800, help="seconds for one program on one recording")
    return parser


def _render(options: argparse.Namespace) -> list[Path]:
    """Recordings are kept in the state folder: rendered once, measured often."""
    truths = []
    for name in options.profiles:
        for seed in options.seeds:
            profile = replace(PROFILES[name], minutes=options.minutes)
            if profile.long_s:
                profile = replace(profile, long_s=min(profile.long_s, options.minutes * 60 / 2))
            if options.height:
                width = options.height * 16 // 9 // 2 * 2
                profile = replace(profile, width=width, height=options.height)
            deck = "-deck" if options.deck else ""
            folder = f"{name}-{seed}-{options.minutes:g}min-{profile.height}{deck}"
            out = state_folder() / "slides" / folder
            if not (out / "truth.json").exists():
                print(f"rendering {folder} …", file=sys.stderr, flush=True)
                generate.make(name, profile, seed, out, options.deck)
            truths.append(_repeated(out, options.hours) if options.hours else out / "truth.json")
    return truths


def _repeated(folder: Path, hours: float) -> Path:
    out = folder.with_name(f"{folder.name}-{hours:g}h")
    return out / "truth.json" if (out / "truth.json").exists() else repeat(folder, hours * 60, out)


def _measure(runner: runners.Runner, truth: Path, duration_s: float, options: argparse.Namespace) -> Result:
    name = truth.parent.name
    out = state_folder() / "found" / name / runner.name.replace(" ", "-")
    video = truth.parent.resolve() / json.loads(truth.read_text(encoding="utf-8"))["video"]
    try:
        python = runner.python()
        runs = [runner.run(python, video, out, options.limit) for _ in range(options.runs)]
    except (NotInstallable, Failed) as error:
        return Result(name, runner.name, reason=str(error))
    spent = Spent(*(round(statistics.median(values), 2) for values in zip(*map(_tuple, runs), strict=True)))
    found: Score | None = None
    if runner not in runners.FLOORS:
        found = score(truth, out / "slides.json")
        if options.sheet and runner is runners.LECTERN:
            sheet.write(truth, out / "slides.json", found, out / "sheet.png")
            print(f"contact sheet: {out / 'sheet.png'}")
    speed = round(duration_s / spent.wall_s, 1)
    return Result(name, runner.name, spent, speed, found.row() if found else None)


def _ceiling(truth: Path, facts: dict[str, Any]) -> float:
    folder = truth.parent
    scored = distinct.score(facts, folder, distinct.own_frames(facts), folder, folder / facts["video"])
    return round(scored.count.f1, 4)


def _tuple(spent: Spent) -> tuple[float, float, float]:
    return spent.wall_s, spent.cpu_s, spent.peak_mb


def _to_floors(results: list[Result]) -> dict[str, dict[str, float]]:
    """For each recording: seconds of the clock that Lectern took, in those of each floor."""
    took = {(result.video, result.runner): result.spent.wall_s for result in results if result.spent}
    return {
        video: {
            floor.name: round(wall_s / took[video, floor.name], 2)
            for floor in runners.FLOORS
            if took.get((video, floor.name))
        }
        for (video, runner), wall_s in took.items()
        if runner == runners.LECTERN.name
    }


_HEADER = (
    f"{'':22}{'×':>7}{'CPU s':>7}{'MB':>6}  {'F1 1 s':>7}{'3 s':>6}{'error':>7}  "
    f"{'slides':>7}{'twins':>7}{'dup':>5}{'part':>5}{'junk':>5}{'none':>6}{'SSIM':>7}"
)


def _line(result: Result) -> str:
    if result.spent is None:
        return f"{result.runner:22}  {result.reason}"
    took = f"{result.runner:22}{result.x_realtime:7.1f}{result.spent.cpu_s:7.1f}{result.spent.peak_mb:6.0f}"
    row = result.figures
    if row is None:
        return took
    error = "–" if row["error_s"] is None else f"{row['error_s']:.3f}"
    like = "–" if row["ssim"] is None else f"{row['ssim']:.3f}"
    twins = "{}/{}".format(*row["twins"])
    free, known, passages = row["passages"]
    none = f"{free if known is None else known}/{passages}"
    return (
        f"{took}  {row['f1_1s']:7.2f}{row['f1_3s']:6.2f}{error:>7}  {row['distinct_f1']:7.2f}{twins:>7}"
        f"{row['duplicates']:5}{row['partial']:5}{row['junk']:5}{none:>6}{like:>7}"
    )


def _summary(results: list[Result]) -> list[str]:
    """A line a program: the means over all recordings that it was run on."""
    lines = [f"means of all recordings\n{'':22}{'runs':>6}{'×':>7}{'F1 1 s':>8}{'3 s':>6}{'slides':>8}"]
    for name in dict.fromkeys(result.runner for result in results):
        done = [r for r in results if r.runner == name and r.x_realtime]
        if not done:
            continue
        line = f"{name:22}{len(done):6}{statistics.fmean(r.x_realtime or 0 for r in done):7.1f}"
        rows = [r.figures for r in done if r.figures]
        if rows:
            f1_1s, f1_3s, slides = (
                statistics.fmean(row[key] for row in rows) for key in ("f1_1s", "f1_3s", "distinct_f1")
            )
            line += f"{f1_1s:8.2f}{f1_3s:6.2f}{slides:8.2f}"
        lines.append(line)
    return lines


if __name__ == "__main__":
    sys.exit(main())
