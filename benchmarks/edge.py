"""Which server interface? Status reads per second, alone and beside held event streams.

    python -m benchmarks.edge [--streams 700] [--seconds 4] [--threads 8] [--upload-mb 1000]

Starts the API of this checkout twice on 127.0.0.1, one process each, over SQLite and memory: (a) Flask alone
under gunicorn, event streams held in Flask's threads; (b) the ASGI edge with Flask behind the bridge.
The last line is the result as JSON. Stays below 60 s without the upload.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.api.designs import peers_path

ROOT = Path(__file__).parents[1]
_CLIENTS = 16


@contextmanager
def served(interface: str, threads: int) -> Iterator[tuple[int, int]]:
    """(port, pid of the serving process) of a fresh API."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        env = os.environ | {"BENCH_FOLDER": folder, "BENCH_THREADS": str(threads)}
        env["PYTHONPATH"] = f"{ROOT}:{peers_path()}"
        command = [
            "-c",
            f"import asgi; asgi.serve('benchmarks.edge_server:make_asgi', '127.0.0.1', {port}, 1)",
        ]
        if interface == "wsgi":
            command = ["-m", "gunicorn", "-k", "gthread", "--threads", str(threads)]
            command += ["-b", f"127.0.0.1:{port}", "benchmarks.edge_server:make_wsgi()"]
        process = subprocess.Popen([sys.executable, *command], env=env)
        try:
            _wait(port)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            yield port, max(map(int, children))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:  # a thread that holds a stream does not let go
                for pid in map(int, children):
                    os.kill(pid, signal.SIGKILL)
                process.kill()
                process.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            if requests.get(f"http://127.0.0.1:{port}/api/health/live", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def submit(port: int) -> str:
    answer = requests.post(f"http://127.0.0.1:{port}/api/jobs", json={"kind": "idle"}, timeout=20)
    job_id: str = answer.json()["id"]
    return job_id


async def reads(port: int, job_id: str, seconds: float) -> dict[str, Any]:
    """Status reads by a few keep-alive clients; what does not answer within 2 s is counted as lost."""
    request = f"GET /api/jobs/{job_id} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    until = time.monotonic() + seconds
    took: list[float] = []
    lost = 0

    async def client() -> None:
        nonlocal lost
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < until:
            began = time.monotonic()
            writer.write(request)
            try:
                async with asyncio.timeout(2):
                    head = await reader.readuntil(b"\r\n\r\n")
                    match = re.search(rb"content-length: (\d+)", head, re.I)
                    await reader.readexactly(int(match[1]) if match else 0)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                lost += 1
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                continue
            took.append(time.monotonic() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    took.sort()
    p95 = took[int(len(took) * 0.95)] * 1000 if took else None
    return {"per_s": round(len(took) / seconds), "p95_ms": p95 and round(p95, 1), "lost": lost}


async def hold(port: int, job_id: str, count: int) -> tuple[int, list[asyncio.StreamWriter]]:
    """Open streams; returns how many have begun to tell within 5 s, and what to close."""
    request = f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    writers = []

    async def stream() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(request)
        try:
            async with asyncio.timeout(5):
                await reader.readuntil(b"event: ")
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return False
        return True

    begun = await asyncio.gather(*(stream() for _ in range(count)))
    return sum(begun), writers


async def measure(port: int, pid: int, job_id: str, streams: int, seconds: float) -> dict[str, Any]:
    used = cpu_s(pid)
    alone = await reads(port, job_id, seconds)
    alone["per_cpu_s"] = round(alone["per_s"] * seconds / max(0.01, cpu_s(pid) - used))
    begun, writers = await hold(port, job_id, streams)
    beside = await reads(port, job_id, seconds)
    for writer in writers:
        writer.close()
    return {"alone": alone, "streams_begun": begun, "beside_streams": beside}


def memory_mb(pid: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def cpu_s(pid: int) -> float:
    """Processor time of the serving process so far: comparable on a machine that does other things too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def upload(port: int, pid: int, megabytes: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/api/uploads?filename=zero.mp4"
    block = bytes(1_000_000)
    before = memory_mb(pid, "VmRSS")
    began = time.monotonic()
    answer = requests.post(url, data=(block for _ in range(megabytes)), timeout=300)
    answer.raise_for_status()
    grown = memory_mb(pid, "VmHWM") - before
    return {"mb": megabytes, "seconds": round(time.monotonic() - began, 1), "grew_mb": round(grown, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=700)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--threads", type=int, default=8, help="of Flask")
    parser.add_argument("--upload-mb", type=int, default=0, help="also send so much; measures memory")
    options = parser.parse_args()
    result: dict[str, Any] = {"cpus": os.cpu_count(), "python": machine.python_version()}
    result |= {"streams": options.streams, "threads": options.threads, "load": os.getloadavg()[0]}
    for interface in ("wsgi", "asgi"):
        with served(interface, options.threads) as (port, pid):
            job_id = submit(port)
            found = asyncio.run(measure(port, pid, job_id, options.streams, options.seconds))
            if options.upload_mb and interface == "asgi":
                found["upload"] = upload(port, pid, options.upload_mb)
        result[interface] = found
        print(interface, json.dumps(found), file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
