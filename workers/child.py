"""The child process of a heavy stage: `python -m workers.child`, its task on standard input.

It knows no database and no broker. Progress goes out as JSON lines, the outcome into a file.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LARGEST_FILE = 64 * 1024**3
NO_ROOM = os.EX_TEMPFAIL  # exit code: the disk is full, so there may be no room for an outcome either


def main() -> int:
    try:
        return run(json.load(sys.stdin))
    except Exception as error:
        if _no_room(error):
            return NO_ROOM
        raise


def _no_room(error: Exception) -> bool:
    from app.errors import StorageFull
    from app.storage import is_full

    return isinstance(error, StorageFull) or (isinstance(error, OSError) and is_full(error))


def run(spec: dict[str, Any]) -> int:
    _die_with(spec["parent"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    if spec["addresses"]:  # a bomb that unpacks faster than the supervisor looks is refused its memory
        resource.setrlimit(resource.RLIMIT_AS, (spec["addresses"], spec["addresses"]))
    _give_way(spec["nice"])
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not look like a report

    from app.errors import LecternError
    from app.stages.work import Options, Work
    from app.storage import Storage

    def report(fraction: float, note: str) -> None:
        reports.write(json.dumps({"fraction": fraction, "note": note}) + "\n")

    work = Work(
        title=spec["title"],
        params=spec["params"],
        stage_params=spec["stage_params"],
        source=spec["source"],
        deck=spec["deck"],
        inputs=spec["inputs"],
        options=Options(**spec["options"]),
        storage=Storage(Path(spec["storage"])),
        folder=Path(spec["folder"]),
        report=report,
    )
    try:
        product = import_module(spec["functions"]).load(spec["stage"])(work)
        said: dict[str, object] = {"result": product.result | {"files": work.files}, "spawn": product.spawn}
    except LecternError as error:
        if _no_room(error):
            raise
        said = _error(error.code, error.message, error.retryable)
    except MemoryError:
        said = _error("out_of_memory", "This step needed more memory than there is.", True)
    except Exception as error:
        if _no_room(error):
            raise
        message = f"Lectern itself failed in the step “{spec['stage']}”."
        said = _error("internal_error", message, True, traceback.format_exc())
    temporary = work.folder / "outcome.part"
    temporary.write_text(json.dumps(said, allow_nan=False))
    temporary.replace(work.folder / "outcome.json")
    return 0


def _error(code: str, message: str, retryable: bool, trace: str = "") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "retryable": retryable, "traceback": trace}}


def _give_way(niceness: int) -> None:
    """To the API and the databases on the same machine, and to what a user waits for first."""
    os.nice(niceness)
    with suppress(OSError):  # a kernel that groups processes by session heeds this in place of the above
        Path("/proc/self/autogroup").write_text(str(niceness))


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies, so that no work goes on unseen."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
