"""Does what production does at 23:59, and counts what it costs.

    ./deploy_scalable.sh bench faults [--size full|quick|short] [--apart] [SCENARIO …]

Each scenario gets a stack of its own (PostgreSQL, Redis, API, workers; the product's own settings), does its
harm, waits until all jobs have ended, and is judged by `benchmarks.faults.checker`. About half an hour;
--size quick 6 min. The last line is JSON; the exit code is 0 only if nothing was lost, doubled or half.
`missed` names the goals in figures (recovery, growth) that were not reached.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.faults.rig import DEFAULTS, Rig, percentile
from benchmarks.faults.scenarios import SIZES, Scenario, Size
from benchmarks.faults.scenarios.table import RECOVERY, TABLE

_COUNTED = ("lost", "live", "doubled", "half", "corrupt")
_SHOWN = 5  # breaches a scenario that are printed


def run(scenario: Scenario, size: Size, folder: Path, apart: bool) -> dict[str, Any]:
    """One scenario on a stack of its own: figures, verdict, and `error` if it did not get to its end."""
    began = time.monotonic()
    found: dict[str, Any] = {"name": scenario.name, "error": ""}
    environ = {**DEFAULTS, **scenario.environ, "LAB_APART": "1" if apart else ""}
    with Rig(folder / scenario.name, environ, scenario.workers) as rig:
        try:
            found |= scenario.run(rig, size)
        except Exception as error:  # noqa: BLE001 - the others shall be run, too
            traceback.print_exc()
            found["error"] = f"{type(error).__name__}: {error}"[:300]
            rig.settle(60)
        verdict = rig.check()
    for what in _COUNTED:
        for breach in verdict[what][:_SHOWN]:
            print(f"  {scenario.name}: {what}: {breach}", file=sys.stderr)
        found[what] = len(verdict[what])
    times = found.pop("recoveries", [])
    found["missed"] = missed(scenario, {**found, RECOVERY: percentile(times, 0.99)})
    found |= {"acknowledged": verdict["acknowledged"], "s": round(time.monotonic() - began)}
    found["recovery_s"] = [round(t, 2) for t in sorted(times)]
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def missed(scenario: Scenario, figures: dict[str, Any]) -> list[str]:
    """The figures above what the scenario's goal allows; those in time depend on what else is running."""
    return [name for name, most in scenario.most.items() if figures.get(name, 0) > most]


def table(results: list[dict[str, Any]]) -> str:
    lines = [
        "| fault | goal | jobs | lost | doubled | half | recovery p50 / p99 | figures |",
        "|---|---|---|---|---|---|---|---|",
    ]
    by_name = {r["name"]: r for r in results}
    told = {"name", "error", "acknowledged", "s", "recovery_s", "missed", *_COUNTED}
    for s in TABLE:
        if (r := by_name.get(s.name)) is None:
            continue
        times = r["recovery_s"]
        recovery = f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.1f} s" if times else ""
        figures = r["error"] or ", ".join(f"{k} {v}" for k, v in r.items() if k not in told and v != {})
        half = r["live"] + r["half"] + r["corrupt"]
        goal = f"{s.goal}, **missed**" if r["missed"] else s.goal
        lines.append(
            f"| {s.fault} | {goal} | {r['acknowledged']} | {r['lost']} | {r['doubled']} | {half} "
            f"| {recovery} | {figures} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(s.name for s in TABLE))
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--quick", action="store_const", const="quick", dest="size")
    parser.add_argument("--at-once", type=int, default=1, help="scenarios side by side")
    parser.add_argument("--apart", action="store_true", help="each worker as on a machine of its own")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - {s.name for s in TABLE}:
        parser.error(f"no scenario named {', '.join(sorted(unknown))}")
    chosen = [s for s in TABLE if not options.scenarios or s.name in options.scenarios]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lectern-faults-")))
        folder.chmod(0o755)  # the database server is another user
        pool = stack.enter_context(ThreadPoolExecutor(options.at_once))
        results = list(pool.map(lambda s: run(s, Size(options.size), folder, options.apart), chosen))
    print(table(results))
    times = [t for r in results for t in r["recovery_s"]]
    total: dict[str, Any] = {what: sum(r[what] for r in results) for what in (*_COUNTED, "acknowledged")}
    broken = [r["name"] for r in results if r["error"]]
    total["missed"] = [f"{r['name']}: {what}" for r in results for what in r["missed"]]
    total |= {"scenarios": len(results), "broken": broken, "recovery_p50_s": percentile(times, 0.5)}
    total |= {
        "recovery_p99_s": percentile(times, 0.99),
        "size": options.size,
        "apart": options.apart,
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(total | {"results": results}))
    return 1 if broken or any(total[what] for what in _COUNTED) else 0


if __name__ == "__main__":
    sys.exit(main())
