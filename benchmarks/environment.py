"""Virtual environments of the benchmarks' own: what a benchmark needs besides is never installed in ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class NotInstallable(Exception):
    """Why a package could not be had, in one line."""


def state_folder() -> Path:
    """Where benchmarks keep what they made: `bench` in the state folder."""
    folder = Path(os.environ.get("LECTERN_STATE") or ROOT / ".lectern") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def virtual_env(name: str, requirements: list[str], *, limit_s: float = 600) -> Path:
    """The Python of an environment with these requirements in it; made when it is not there.

    A requirement is what pip takes on its command line, `-r FILE` as one string. Raises NotInstallable.
    """
    folder = state_folder() / "envs" / name
    python = folder / "bin" / "python"
    stamp, wanted = folder / "made-for", _fingerprint(requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making an environment with {' '.join(requirements)} …", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    arguments = [part for requirement in requirements for part in requirement.split()]
    try:
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstallable(f"pip took longer than {limit_s:.0f} s") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstallable(said[-1] if said else "pip failed")
    stamp.write_text(wanted)
    return python


def _fingerprint(requirements: list[str]) -> str:
    files = [ROOT / text.removeprefix("-r ") for text in requirements if text.startswith("-r ")]
    parts = [*requirements, sys.version, *(file.read_text() for file in files)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
