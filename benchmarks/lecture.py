"""How long does a lecture take from POST to study guide, and how long the second time?

    ./deploy_scalable.sh bench lecture [RECORDING] [--runs 3]

Each run starts an empty embedded Lectern (two cores, one process and its children) in a folder of its own,
submits the recording twice, and prints the seconds of each stage. The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 1800.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            if requests.get(f"{url}/api/health/live", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit("The API did not start.")


def process(url: str, recording: Path) -> tuple[float, float | None, dict[str, Any]]:
    """(seconds from POST to the end, seconds to the first slides, the job's metrics by stage)."""
    began = time.monotonic()
    with recording.open("rb") as file:
        job = requests.post(f"{url}/api/jobs", files={"file": (recording.name, file)}, timeout=600).json()
    first_slides = None
    while time.monotonic() - began < LIMIT_S:
        job = requests.get(f"{url}/api/jobs/{job['id']}", timeout=30).json()
        stages = {stage["name"]: stage["state"] for stage in job["stages"]}
        if first_slides is None and stages["extract_slides"] == "succeeded":
            first_slides = time.monotonic() - began
        if job["ended_at"]:
            break
        time.sleep(0.05)
    seconds = time.monotonic() - began
    if job["status"] != "succeeded":
        raise SystemExit(f"The job ended as {job['status']}: {job['error']}")
    metrics = requests.get(f"{url}/api/jobs/{job['id']}/metrics", timeout=30).json()["metrics"]
    spent: dict[str, Any] = {}
    for run in metrics:
        spent[run["stage"]] = round(spent.get(run["stage"], 0.0) + run["processing_time"], 2)
    return seconds, first_slides, spent


def one_run(recording: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environ = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
        environ |= {"USE_CELERY": "false", "LECTERN_STATE": folder, "STORAGE_PATH": f"{folder}/files"}
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "asgi.py", "--port", str(port)],
                cwd=ROOT,
                env=environ,
                stdout=log,
                stderr=log,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_up(url, server)
            first, slides, stages = process(url, recording)
            again, _, _ = process(url, recording)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
    return {"first_s": first, "slides_s": slides, "again_s": again, "stages": stages}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench lecture", description=__doc__.split("\n")[0] if __doc__ else ""
    )
    parser.add_argument("recording", nargs="?", type=Path, default=ROOT / "samples" / "lecture.mp4")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    from app.lectures.media import probe

    length_s = probe(options.recording).duration_s
    runs = []
    for number in range(options.runs):
        runs.append(one_run(options.recording))
        print(f"run {number + 1}: {json.dumps(runs[-1])}", flush=True)

    def median(name: str) -> float:
        return float(round(statistics.median(run[name] for run in runs), 2))

    first = median("first_s")
    summary = {"recording_s": round(length_s, 1), "runs": len(runs), "first_s": first}
    summary |= {"slides_s": median("slides_s"), "again_s": median("again_s")}
    print(json.dumps(summary | {"x_realtime": round(length_s / first, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
