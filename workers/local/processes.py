"""Start, find and stop background processes, by a record that survives the process that wrote it.

A record holds the pid and when that process started. A pid that the kernel has since given to somebody else
has another start time, so it is never mistaken for ours and never signalled.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_POLL_S = 0.02
_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Record:
    """One process of ours: `started` is the kernel's own mark, `since` the wall clock (seconds)."""

    name: str
    pid: int
    started: str
    since: float


def start_mark(pid: int) -> str | None:
    """What tells this process from another that gets the same pid later; None if no such process lives.

    On Linux: boot id and start time in clock ticks (proc(5), field 22); elsewhere what ps prints. A zombie
    counts as gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _start_mark_from_ps(pid)
    fields = stat[stat.rindex(")") + 2 :].split()  # the command's name may hold blanks and brackets
    if fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def command_line(pid: int) -> str:
    """The arguments of a process, parted by blanks; "" if there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else _ps(pid, "args=")


def _ps(pid: int, what: str) -> str:
    argv = ["/bin/ps", "-o", what, "-p", str(pid)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def _start_mark_from_ps(pid: int) -> str | None:
    found = _ps(pid, "stat=,lstart=")
    return None if not found or found.startswith("Z") else found.split(None, 1)[1]


def spawn(
    state: Path, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None, cwd: Path, umask: int = -1
) -> Record:
    """Start `argv` as the leader of a session of its own, its output appended to `logs/NAME.log`.

    `env` None: the environment of this process.
    """
    for folder in ("logs", "run"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    _rotate(log_file(state, name))
    with log_file(state, name).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            umask=umask,
            start_new_session=True,
        )
    process.returncode = 0  # its life is watched through the record: no complaint when this handle is dropped
    record = Record(name, process.pid, start_mark(process.pid) or "gone", time.time())
    _record_file(state, name).write_text(json.dumps(asdict(record)))
    return record


def running(state: Path, name: str) -> Record | None:
    """The live process recorded under `name`, or None (also when its pid now belongs to somebody else)."""
    try:
        record = Record(**json.loads(_record_file(state, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    with contextlib.suppress(ChildProcessError):
        os.waitpid(record.pid, os.WNOHANG)  # reap it if it was a child of this process
    return record if start_mark(record.pid) == record.started else None


def stop(
    state: Path, name: str, *, grace_s: float = 10.0, ask: signal.Signals | None = signal.SIGTERM
) -> bool:
    """Ask the process to end (unless `ask` is None: it was asked before), and after `grace_s` kill its group.

    False: it was not running.
    """
    record = running(state, name)
    if record is None:
        _record_file(state, name).unlink(missing_ok=True)
        return False
    if ask is not None:
        _signal(record.pid, ask)
    if not _wait_gone(state, name, grace_s):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record.pid, signal.SIGKILL)
        _wait_gone(state, name, 5.0)
    _record_file(state, name).unlink(missing_ok=True)
    return True


def ask_to_stop(state: Path, name: str) -> None:
    """Send SIGTERM without waiting, so that several can wind down at the same time."""
    record = running(state, name)
    if record is not None:
        _signal(record.pid, signal.SIGTERM)


def recorded(state: Path) -> list[str]:
    """Names that have a record, alive or not."""
    return sorted(path.stem for path in (state / "run").glob("*.json"))


def log_file(state: Path, name: str) -> Path:
    return state / "logs" / f"{name}.log"


def _rotate(log: Path) -> None:
    """Start afresh when the log has grown large; one older log is kept."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def log_tail(state: Path, name: str, lines: int = 15) -> str:
    """The last lines of a log, indented for a terminal."""
    try:
        text = log_file(state, name).read_text(errors="replace")
    except FileNotFoundError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (the log is empty)"


@contextlib.contextmanager
def locked(state: Path, what: str) -> Iterator[None]:
    """Hold the state folder's lock `what`, so that two commands at once do not start things twice."""
    (state / "run").mkdir(parents=True, exist_ok=True)
    with (state / "run" / f"{what}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _record_file(state: Path, name: str) -> Path:
    return state / "run" / f"{name}.json"


def _signal(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _wait_gone(state: Path, name: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running(state, name) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
