"""Who reads the parts of a recording on this machine: this process, and others beside it.

Threads of one process would do with one interpreter between them, which takes what a second core gains: half
of the work is decoding, the other half many short steps.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.errors import BadMedia
from app.lectures.slides.heap import give_back
from app.lectures.slides.messages import SlidePlan
from app.lectures.slides.part import extract_part

_PLAN = "plan.json"
_PROGRAM = "from app.lectures.slides.reading import main; main()"
_ROOT = Path(__file__).resolve().parents[3]
_PR_SET_PDEATHSIG = 1

Report = Callable[[float], None]


class Here:
    """Reads in this process. What a part found is in a file: hours of it would not fit in memory."""

    def __init__(self, path: Path, planned: SlidePlan, folder: Path) -> None:
        self._path, self._planned, self._folder = path, planned, folder

    def read(self, index: int, report: Report) -> Path:
        found = extract_part(self._path, self._planned, index, self._folder, progress=report)
        file = self._folder / f"part_{index:03d}.json"
        file.write_text(found.model_dump_json(), encoding="utf-8")
        del found
        give_back()
        return file


class Beside:
    """Reads in a process of its own, told the numbers of the parts one by one."""

    def __init__(self, path: Path, planned: SlidePlan, folder: Path) -> None:
        plan = folder / _PLAN
        if not plan.exists():
            plan.write_text(planned.model_dump_json(), encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - this program, and file names of our own
            [sys.executable, "-c", _PROGRAM, path.absolute(), folder.absolute(), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self, index: int, report: Report) -> Path:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it ended: that is told below
            self._process.stdin.write(f"{index}\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "share" in said:
                report(said["share"])
            elif "file" in said:
                return Path(said["file"])
            else:
                raise BadMedia(said["bad_media"])
        raise RuntimeError(f"The process that read part {index} ended with {self._process.wait()}.")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


def main() -> None:
    """Read the parts whose numbers come on standard input; tell of each on standard output, as JSON lines."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this ends it
    _die_with(int(sys.argv[3]))
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is none of it

    def tell(**said: float | str) -> None:
        told.write(json.dumps(said) + "\n")

    path, folder = map(Path, sys.argv[1:3])
    planned = SlidePlan.model_validate_json((folder / _PLAN).read_bytes())
    here = Here(path, planned, folder)
    for line in sys.stdin:
        try:
            tell(file=str(here.read(int(line), lambda share: tell(share=share))))
        except BadMedia as error:
            tell(bad_media=error.message)


def _die_with(parent: int) -> None:
    """Let the kernel (Linux) kill this process when its parent dies, so that no work goes on unseen."""
    if hasattr(libc := ctypes.CDLL(None), "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)
