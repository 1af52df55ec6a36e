"""How much sooner is a recording's slides' extraction done when more workers read its parts?

    ./deploy_scalable.sh bench spread [RECORDING] [--part-s 240]

Measured with one and two workers (processes, as Celery's are); modelled for more from the CPU seconds of
plan, parts and join: each worker takes the longest part left. The plan comes before all parts and the join
after them, so they bound what workers can save (Amdahl 1967). The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import heapq
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from app.lectures.model import SlideExtraction
from app.lectures.slides import PartSlides, SlidePlan, extract_part, join, plan
from app.lectures.slides.plan import PART_S

ROOT = Path(__file__).resolve().parent.parent
MEASURED, MODELLED = (1, 2), (1, 2, 4, 8, 16)
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and its CPU seconds."""
    began = time.process_time()
    return work(), time.process_time() - began


def read(recording: Path, told: str, index: int, folder: Path) -> tuple[str, float]:
    """One part, from JSON to JSON; and its CPU seconds."""
    found, cpu_s = timed(
        lambda: extract_part(recording, SlidePlan.model_validate_json(told), index, folder).model_dump_json()
    )
    return found, cpu_s


def warm_up(_: int) -> None:
    """Takes a worker through its imports before the clock runs."""
    time.sleep(0.5)


def spread(recording: Path, workers: int, part_s: float) -> tuple[SlideExtraction, dict[str, object]]:
    with (
        tempfile.TemporaryDirectory() as name,
        # Workers do not share memory: nothing but the recording, JSON and pictures goes between them.
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool,
    ):
        list(pool.map(warm_up, range(2 * workers)))
        folder = Path(name)
        began = time.perf_counter()
        planned, plan_s = timed(lambda: plan(recording, part_s=part_s))
        told = planned.model_dump_json()
        longest_first = sorted(range(planned.parts), key=lambda i: planned.span(i)[0] - planned.span(i)[1])
        jobs = {i: pool.submit(read, recording, told, i, folder) for i in longest_first}
        found = [jobs[i].result() for i in range(planned.parts)]
        parts = (PartSlides.model_validate_json(part) for part, _ in found)
        joined, join_s = timed(lambda: join(recording, planned, parts, folder))
        wall_s = time.perf_counter() - began
    parts_s = [round(cpu_s, 2) for _, cpu_s in found]
    spent = {"wall_s": round(wall_s, 2), "plan_s": plan_s, "parts_s": parts_s, "join_s": join_s}
    return joined.extraction, spent


def scheduled(parts_s: Sequence[float], workers: int) -> float:
    """Seconds until all parts are read when the longest left goes to who is free (Graham 1969)."""
    free_at = [0.0] * workers
    for seconds in sorted(parts_s, reverse=True):
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return max(free_at)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench spread", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("recording", nargs="?", type=Path, default=ROOT / "samples" / "lecture.mp4")
    parser.add_argument("--part-s", type=float, default=None, help="seconds a part")
    options = parser.parse_args()
    length_s = plan(options.recording).media.duration_s
    # A recording of minutes is cut finely, or there would be nothing to spread.
    part_s = options.part_s or min(PART_S, max(10.0, length_s / 16))
    print(f"{length_s / 60:.1f} min in parts of {part_s:.0f} s; load {os.getloadavg()[0]:.1f}", flush=True)
    runs = {workers: spread(options.recording, workers, part_s) for workers in MEASURED}
    if any(found != runs[1][0] for found, _ in runs.values()):
        raise SystemExit("Spread over two workers, the result is another.")
    spent = runs[1][1]
    plan_s, join_s, parts_s = spent["plan_s"], spent["join_s"], spent["parts_s"]
    assert isinstance(plan_s, float)
    assert isinstance(join_s, float)
    assert isinstance(parts_s, list)
    print(f"plan {plan_s:.2f} s, {len(parts_s)} parts {min(parts_s)}-{max(parts_s)} s, join {join_s:.2f} s")
    modelled = {n: round(plan_s + scheduled(parts_s, n) + join_s, 2) for n in MODELLED}
    print("workers  modelled    × one worker  × real time  measured wall")
    for n, seconds in modelled.items():
        wall = f"{runs[n][1]['wall_s']:>11} s" if n in runs else "          –"
        print(f"{n:>7} {seconds:>8} s {modelled[1] / seconds:>14.1f} {length_s / seconds:>12.0f}  {wall}")
    summary = {
        "recording_s": round(length_s, 1),
        "slides": len(runs[1][0].slides),
        "plan_s": round(plan_s, 2),
        "parts": len(parts_s),
        "parts_s": round(sum(parts_s), 2),
        "longest_part_s": max(parts_s),
        "join_s": round(join_s, 2),
        "measured_wall_s": {n: run["wall_s"] for n, (_, run) in runs.items()},
        "modelled_s": modelled,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
