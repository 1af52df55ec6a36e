"""How long does a lecture take from POST to study guide, and how long the second time?

    ./deploy_scalable.sh bench lecture [RECORDING] [--deck DECK] [--runs 3]
    ./deploy_scalable.sh bench lecture --minutes 60 [--with-deck] [--runs 1]

Each run starts an empty embedded Lectern (two cores, one process and its children) in a folder of its own and
submits the recording, and again: by form, and as the `lectern` command does. With --minutes the recording is
a lecture that `bench lectures` makes, once, and keeps in the state folder. Printed are the seconds of each
stage (of its workers, added up, and from its first start to its last end), until slides could first be seen,
and the most memory. The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import requests

from app.cli.client import Api
from app.cli.config import Target
from app.cli.upload import Order, submit
from benchmarks.embedded import lectern
from benchmarks.environment import ROOT, state_folder
from benchmarks.lectures.__main__ import pages_of
from benchmarks.lectures.make import Options, make
from benchmarks.lectures.score import score

HandIn = Callable[[str, Path, Path | None], dict[str, Any]]

MEDIANS = ("first_s", "slides_s", "again_s", "again_sent_s", "again_by_command_s", "peak_mb")
LOOK_S = 0.1  # between looks at the job: how exact the seconds are


def made(minutes: float) -> Path:
    """The folder of a lecture of that length, made now if it is not there."""
    folder = state_folder() / "lectures" / f"{minutes:g}min"
    if not (folder / "truth.json").exists():
        print(f"making a lecture of {minutes:g} minutes …", file=sys.stderr, flush=True)
        make(pages_of(None, None, minutes, 1), folder, Options(minutes=minutes))
    return folder


def by_form(url: str, recording: Path, deck: Path | None) -> dict[str, Any]:
    """Submit as a page does: all of it in one POST."""
    with ExitStack() as opened:
        files = {"file": (recording.name, opened.enter_context(recording.open("rb")))}
        if deck is not None:
            files["deck"] = (deck.name, opened.enter_context(deck.open("rb")))
        answer = requests.post(f"{url}/api/jobs", files=files, timeout=600)
    answer.raise_for_status()
    job: dict[str, Any] = answer.json()
    return job


def by_command(url: str, recording: Path, deck: Path | None) -> dict[str, Any]:
    """Submit as the command does, which sends nothing that the server has."""
    order = Order(str(recording), deck=str(deck) if deck is not None else None)
    return submit(Api(Target(url, None)), order, lambda sent, size: None)


def process(
    url: str, recording: Path, deck: Path | None, limit_s: float, hand_in: HandIn = by_form
) -> dict[str, Any]:
    """Seconds from POST to the end (`all_s`) and to the first slides (`slides_s`), and each stage's.

    `sent_s`: until the answer to the POST.
    """
    began = time.monotonic()
    job = hand_in(url, recording, deck)
    sent_s = round(time.monotonic() - began, 2)
    address = f"{url}/api/jobs/{job['id']}"
    seen: dict[str, float] = {}
    spans: dict[str, list[float]] = {}
    while time.monotonic() - began < limit_s:
        if "slides_s" not in seen and requests.get(f"{address}/slides", timeout=30).json()["slides"]:
            seen["slides_s"] = round(time.monotonic() - began, 2)
        job = requests.get(address, timeout=30).json()
        now = round(time.monotonic() - began, 2)
        for stage in job["stages"]:
            if stage["state"] == "running" or (stage["state"] == "succeeded" and stage["name"] not in spans):
                spans.setdefault(stage["name"], [now, now])
            if stage["state"] == "running":
                spans[stage["name"]][1] = now
        if job["ended_at"]:
            break
        time.sleep(LOOK_S)
    seen["all_s"] = round(time.monotonic() - began, 2)
    if job["status"] != "succeeded":
        raise SystemExit(f"The job ended as {job['status']}: {job['error']}")
    return {"sent_s": sent_s, **seen, "address": address, "stages": _stages(f"{address}/metrics", spans)}


def alignment(address: str, truth_json: Path) -> dict[str, Any] | None:
    """How many sentences were given their page of the deck; None where the truth does not say."""
    truth = json.loads(truth_json.read_text(encoding="utf-8")) if truth_json.exists() else {}
    if not any("page" in sentence for sentence in truth.get("sentences", ())):
        return None
    heard = requests.get(f"{address}/transcript", params={"format": "json"}, timeout=60).json()["sentences"]
    return asdict(score(truth, [{"page": None, **sentence} for sentence in heard]))


def _stages(address: str, spans: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    stages: dict[str, dict[str, float]] = {}
    for run in requests.get(address, timeout=30).json()["metrics"]:
        stage = stages.setdefault(
            run["stage"], {"runs": 0, "reused": 0, "s": 0.0, "cpu_s": 0.0, "peak_mb": 0.0}
        )
        stage["runs"] += 1
        stage["reused"] += bool(run["reused"])
        stage["s"] = round(stage["s"] + run["processing_time"], 2)
        stage["cpu_s"] = round(stage["cpu_s"] + (run["cpu_time"] or 0), 2)
        stage["peak_mb"] = max(stage["peak_mb"], round((run["peak_memory_usage"] or 0) / 1e6))
    for name, (first, last) in spans.items():
        if name in stages:
            stages[name] |= {"from_s": first, "to_s": last}
    return stages


def one_run(recording: Path, deck: Path | None, limit_s: float) -> dict[str, Any]:
    with lectern() as server:
        first = process(server.url, recording, deck, limit_s)
        peak_mb = server.peak_mb
        pages = alignment(first["address"], recording.with_name("truth.json")) if deck is not None else None
        again = process(server.url, recording, deck, limit_s)
        command = process(server.url, recording, deck, limit_s, by_command)
    return {
        "first_s": first["all_s"],
        "slides_s": first.get("slides_s"),
        "again_s": again["all_s"],
        "again_sent_s": again["sent_s"],
        "again_by_command_s": command["all_s"],
        "peak_mb": round(peak_mb),
        **({"alignment": pages} if pages else {}),
        "stages": first["stages"],
        "run_again": sorted(n for n, stage in again["stages"].items() if stage["reused"] < stage["runs"]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench lecture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recording", nargs="?", type=Path, default=ROOT / "samples" / "lecture.mp4")
    parser.add_argument("--deck", type=Path, help="submitted beside the recording")
    parser.add_argument("--minutes", type=float, help="a made lecture of this length instead of a recording")
    parser.add_argument("--with-deck", action="store_true", help="with --minutes: submit its deck as well")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=3600, help="seconds for one submission")
    options = parser.parse_args()
    recording, deck = options.recording, options.deck
    if options.minutes:
        folder = made(options.minutes)
        recording, deck = folder / "video.mp4", folder / "deck.pdf" if options.with_deck else None
    from app.lectures.media import probe

    length_s = probe(recording).duration_s
    runs = []
    for number in range(options.runs):
        runs.append(one_run(recording, deck, options.limit))
        print(f"run {number + 1}: {json.dumps(runs[-1])}", flush=True)

    def median(name: str) -> float | None:
        values = [run[name] for run in runs if run[name] is not None]
        return round(statistics.median(values), 2) if values else None

    summary: dict[str, Any] = {"recording_s": round(length_s, 1), "deck": deck is not None, "runs": len(runs)}
    summary |= {
        name: median(name)
        for name in ("first_s", "slides_s", "again_s", "again_sent_s", "again_by_command_s", "peak_mb")
    }
    middle = sorted(runs, key=lambda run: run["first_s"])[len(runs) // 2]
    summary |= {"alignment": middle["alignment"]} if "alignment" in middle else {}
    summary |= {"stages": middle["stages"], "x_realtime": round(length_s / (median("first_s") or 1), 1)}
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
