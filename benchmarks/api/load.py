"""Load by `wrk`: one C program keeps a thousand connections busy for less than a quarter of a processor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import NotInstallable, state_folder

_PACKAGES = ("wrk", "libluajit-5.1-2")
_DONE = """
function done(s, l, q)
  local e = s.errors
  io.write(string.format('RESULT {"rps":%.1f,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f,"errors":%d}\\n',
    s.requests / (s.duration / 1e6), l:percentile(50) / 1e3, l:percentile(95) / 1e3, l:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""
_READ = """
local asked, turn = {}, 0
function init(args)
  for path, key in string.gmatch(io.open(FILE):read("*a"), "(%S+) (%S+)") do
    asked[#asked + 1] = wrk.format("GET", path, {["Authorization"] = "Bearer " .. key})
  end
  math.randomseed(os.time())
  turn = math.random(#asked)
end
function request() turn = turn % #asked + 1 return asked[turn] end
"""
_SUBMIT = """
local asked, turn = {}, 0
function init(args)
  for key in string.gmatch(io.open(FILE):read("*a"), "%S+") do
    asked[#asked + 1] = wrk.format("POST", "/api/jobs", {["Authorization"] = "Bearer " .. key,
      ["Content-Type"] = "application/json"}, BODY)
  end
  turn = math.random(#asked)
end
function request() turn = turn % #asked + 1 return asked[turn] end
"""
BODY = {"kind": "noop", "title": "A thumbnail", "params": {}}


@dataclass(frozen=True)
class Load:
    """A wrk script with what it asks for."""

    script: Path


@dataclass(frozen=True)
class Result:
    """Requests a second, milliseconds, and answers that were none or no success."""

    rps: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int


def reads(folder: Path, asked: list[tuple[str, str]]) -> Load:
    """GET of each (job id, key) in turn."""
    listed = folder / "reads.txt"
    listed.write_text("".join(f"/api/jobs/{job_id} {key}\n" for job_id, key in asked))
    script = folder / "reads.lua"
    script.write_text(f"local FILE = {json.dumps(str(listed))}\n{_READ}{_DONE}")
    return Load(script)


def submissions(folder: Path, keys: list[str]) -> Load:
    listed = folder / "keys.txt"
    listed.write_text("\n".join(keys))
    script = folder / "submissions.lua"
    said = f"local FILE = {json.dumps(str(listed))}\nlocal BODY = [[{json.dumps(BODY)}]]\n"
    script.write_text(f"{said}{_SUBMIT}{_DONE}")
    return Load(script)


def run(load: Load, port: int, connections: int, seconds: float) -> Result:
    """Raises NotInstallable when there is no wrk to be had."""
    program, library = wrk()
    command = [str(program), "-t", "1" if connections <= 64 else "2", "-c", str(connections)]
    command += [
        "-d",
        f"{max(1, round(seconds))}s",
        "--timeout",
        "10s",
        "-s",
        str(load.script),
        f"http://127.0.0.1:{port}/",
    ]
    env = {**os.environ, "LD_LIBRARY_PATH": library} if library else None
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=seconds + 60, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return Result(**json.loads(line.removeprefix("RESULT ")))
    raise RuntimeError(f"wrk said no result: {done.stdout[-500:]} {done.stderr[-500:]}")


def wrk() -> tuple[Path, str]:
    """(the program, folder of its library or ""): the machine's, else Debian's package unpacked beside us."""
    found = shutil.which("wrk")
    if found is not None:
        return Path(found), ""
    folder = state_folder() / "wrk"
    program = folder / "usr/bin/wrk"
    if not program.exists():
        _unpack(folder)
    return program, ":".join(str(path) for path in folder.glob("usr/lib/*-linux-gnu"))


def _unpack(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fetch = ["apt-get", "download", *_PACKAGES]
        subprocess.run(fetch, cwd=folder, check=True, capture_output=True, text=True, timeout=120)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise NotInstallable(
            f"no load generator: install wrk (apt-get install wrk). {said[-200:]}"
        ) from error
