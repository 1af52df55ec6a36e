"""How many jobs a second, and how soon is one done? The heart beside its peers, with a job that does nothing.

    ./deploy_scalable.sh bench jobs [--jobs 3000] [--latency 100] [--processes 2] [--runs 3]
                                     [--peer NAME … | --no-peers | --deliveries]

Everything runs on this machine: PostgreSQL and Redis of the benchmark's own (durable), one worker with two
pool processes, the load. A rate is taken from the first start to the last end of jobs submitted beforehand,
a latency from the submission to the end of a single job, on idle workers. Processor time is that of workers
and servers; it says more than the rate where other work runs on the machine. Runs are interleaved. The last
line is one line of JSON. In place of peers, `--deliveries` compares other ways of acknowledging and telling
(docs/decisions/0004).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol

from app.store.migrate import upgrade
from benchmarks.environment import NotInstallable
from benchmarks.jobs.measure import Run, Servers, TooSlow
from benchmarks.jobs.ours import DELIVERIES, Ours
from benchmarks.jobs.peers_run import PEERS, Driven
from benchmarks.lab.repertoire import prepare
from workers.local import processes
from workers.local import servers as local


class System(Protocol):
    def rate(self, jobs: int, processes: int, limit_s: float) -> Run: ...

    def latencies(self, count: int, processes: int) -> list[float]: ...


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def summary(runs: list[Run], latencies: list[float], records: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"records": records, "jobs_s": round(statistics.median(r.jobs_s for r in runs))}
    found |= {"cpu_ms": round(statistics.median(r.cpu_ms for r in runs), 2)}
    found["runs"] = [round(run.jobs_s) for run in runs]
    if latencies:
        found["p50_ms"] = round(1000 * percentile(latencies, 0.5), 2)
        found["p95_ms"] = round(1000 * percentile(latencies, 0.95), 2)
    return found


def table(results: dict[str, dict[str, Any]]) -> str:
    ours = results["Lectern"]["jobs_s"]
    lines = [
        "| system | start and end on record | jobs/s | Lectern is × | CPU ms a job | idle p50 | p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, r in results.items():
        kept = "yes" if r["records"] else "no"
        idle = f"{r['p50_ms']} ms | {r['p95_ms']} ms" if "p50_ms" in r else "|"
        times = f"{ours / max(1, r['jobs_s']):.2f}"
        lines.append(f"| {name} | {kept} | {r['jobs_s']} | {times} | {r['cpu_ms']} | {idle} |")
    return "\n".join(lines)


def measure(servers: Servers, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    systems: dict[str, tuple[System, bool]] = {}
    settings = dict(pair.split("=", 1) for pair in options.set)
    for name, celery in DELIVERIES.items() if options.deliveries else [("Lectern", {})]:
        systems[name] = (Ours(servers, settings, celery), True)
    alone = options.no_peers or options.deliveries
    for peer in () if alone else [p for p in PEERS if not options.peer or p.name in options.peer]:
        try:
            systems[peer.name] = (Driven(peer, servers), peer.records)
        except (NotInstallable, RuntimeError) as error:
            print(f"{peer.name}: left out, {error}", flush=True)
    runs: dict[str, list[Run]] = {name: [] for name in systems}
    for _ in range(options.runs):
        for name, (system, _) in list(systems.items()):
            try:
                runs[name].append(run := system.rate(options.jobs, options.processes, options.limit))
            except TooSlow as error:
                if name == "Lectern":
                    raise SystemExit(str(error)) from error
                print(f"{name}: left out, {error}", flush=True)
                del systems[name]
                continue
            print(f"{name}: {run.jobs_s:.0f} jobs/s, {run.cpu_ms:.2f} ms of processor a job", flush=True)
    return {
        name: summary(
            runs[name], system.latencies(options.latency, options.processes) if options.latency else [], kept
        )
        for name, (system, kept) in systems.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench jobs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=3000, help="jobs of one run")
    parser.add_argument("--latency", type=int, default=100, help="single jobs on idle workers")
    parser.add_argument("--processes", type=int, default=2, help="pool processes that work")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME", help="only this one; repeatable"
    )
    parser.add_argument("--deliveries", action="store_true", help="beside itself with other Celery settings")
    parser.add_argument("--limit", type=float, default=60, help="seconds that one run may take")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of ours")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        state = Path(folder)
        state.chmod(0o755)  # PostgreSQL does not run as root
        try:
            urls = local.start_postgres(state), local.start_redis(state)
            found = [processes.running(state, name) for name in ("postgres", "redis")]
            servers = Servers(*urls, state, tuple(record.pid for record in found if record))

            upgrade(servers.database_url)
            prepare(servers.database_url)
            results = measure(servers, options)
        finally:
            local.stop(state)
    print(table(results))
    print(json.dumps({"jobs": options.jobs, "processes": options.processes, "systems": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
