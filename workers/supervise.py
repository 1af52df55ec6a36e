"""A heavy stage runs in a child process; its parent owns deadline, cancel, memory limit and folder."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.errors import StorageFull
from app.jobs import status
from app.jobs.model import Claim, Done, Failed, Json, Measure, Outcome, Stopped
from app.jobs.platform import Platform
from app.stages.reuse import options
from app.storage.scratch import scratch
from workers.child import NO_ROOM
from workers.lease import LeaseKeeper
from workers.memory import memory_of

_POLL_S = 0.1
_NICE, _PATIENT = 5, 10  # a patient stage gets a quarter of a processor that an impatient one wants
_MAPPED = 4 * 1024**3  # bytes of addresses above the memory limit: libraries, stacks and arenas of threads
_GRACE_S = 5.0  # between asking a child to end and making it
_ROOT = Path(__file__).resolve().parent.parent
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT", "TESSDATA_PREFIX")


def supervise(
    platform: Platform,
    claim: Claim,
    inputs: dict[str, list[Json]],
    lease: LeaseKeeper,
    *,
    worker: str,
    stopping: Callable[[], bool],
) -> Outcome | None:
    """Run the claimed stage to its outcome; None when the lease was lost and nobody wants one."""
    with scratch(platform.storage.root, claim.name) as folder:
        return _Child(platform, claim, inputs, folder).watch(lease, worker, stopping)


class _Child:
    def __init__(self, platform: Platform, claim: Claim, inputs: dict[str, list[Json]], folder: Path) -> None:
        self._platform = platform
        self._claim = claim
        self._folder = folder
        self._settings = platform.settings
        self._began = self._heard = time.monotonic()
        self._stage = platform.catalogue.kinds[claim.kind].stage(claim.name)
        for part in ("work", "tmp"):
            (folder / part).mkdir()
        self._stderr = (folder / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.child"],
            cwd=_ROOT,
            env=_environment(folder / "tmp"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        spec = {
            "stage": claim.name,
            "functions": platform.functions,
            "title": claim.title,
            "params": claim.job_params,
            "stage_params": claim.stage_params,
            "source": claim.source,
            "deck": claim.deck,
            "nice": _PATIENT if self._stage.patient else _NICE,
            "addresses": 0 if self._stage.loads_model else self._most_bytes() + _MAPPED,
            "inputs": inputs,
            "options": asdict(options(platform.settings)),
            "storage": str(platform.storage.root),
            "folder": str(folder / "work"),
            "parent": os.getpid(),
        }
        threading.Thread(target=self._write, args=(json.dumps(spec).encode(),), daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def _write(self, spec: bytes) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(spec)
        except BrokenPipeError:
            return  # it died at once; `watch` sees how

    def _read(self) -> None:
        """Progress lines become cache entries, at most a few a second."""
        assert self._process.stdout is not None
        last = 0.0
        with self._process.stdout as stdout:
            for line in stdout:
                report = json.loads(line)
                now = self._heard = time.monotonic()
                if now - last >= 0.3 or report["fraction"] >= 1.0:
                    last = now
                    claim = self._claim
                    status.report_progress(
                        self._platform, claim.job_id, claim.stage_id, claim.lease_id, **report
                    )

    def watch(self, lease: LeaseKeeper, worker: str, stopping: Callable[[], bool]) -> Outcome | None:
        ended: tuple[int, resource.struct_rusage] | None = None
        why: str | None = None
        while ended is None:
            ended = self._reap()
            if ended is not None:
                break
            why = self._reason_to_stop(lease, stopping)
            if why is not None:
                ended = self._end(gently=why == "soft")
                break
            time.sleep(_POLL_S)
        code, usage = ended
        self._process.returncode = os.waitstatus_to_exitcode(code)
        stderr = self._last_words()
        self._stderr.close()
        if why == "lost":
            return None
        if why in ("cancelled", "stopping"):
            return Stopped()
        measure = self._measure(usage, worker)
        if why is not None:
            return _overrun(why, measure, stderr)
        return self._outcome(measure, stderr)

    def _reason_to_stop(self, lease: LeaseKeeper, stopping: Callable[[], bool]) -> str | None:
        age = time.monotonic() - self._began
        if lease.lost:
            return "lost"
        if lease.cancelled:
            return "cancelled"
        if stopping():
            return "stopping"
        if age > self._settings.stage_hard_limit_s:
            return "hard"
        if age > self._settings.stage_soft_limit_s:
            return "soft"
        if self._stage.reports and time.monotonic() - self._heard > self._settings.stage_silence_s:
            return "silent"
        if memory_of(self._process.pid) > self._most_bytes():
            return "memory"
        return None

    def _most_bytes(self) -> int:
        return self._settings.stage_memory_mb * 1024 * 1024

    def _reap(self) -> tuple[int, resource.struct_rusage] | None:
        pid, code, usage = os.wait4(self._process.pid, os.WNOHANG)
        return (code, usage) if pid else None

    def _end(self, *, gently: bool) -> tuple[int, resource.struct_rusage]:
        """Kill the child and all it started; returns how it ended."""
        if gently:
            os.killpg(self._process.pid, signal.SIGTERM)
            until = time.monotonic() + _GRACE_S
            while time.monotonic() < until:
                ended = self._reap()
                if ended is not None:
                    return ended
                time.sleep(_POLL_S)
        os.killpg(self._process.pid, signal.SIGKILL)
        _, code, usage = os.wait4(self._process.pid, 0)
        return code, usage

    def _last_words(self) -> str:
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, self._stderr.tell() - 4000))
        return self._stderr.read().decode(errors="replace")

    def _measure(self, usage: resource.struct_rusage, worker: str) -> Measure:
        return Measure(
            processing_time=time.monotonic() - self._began,
            cpu_time=usage.ru_utime + usage.ru_stime,
            peak_memory_usage=usage.ru_maxrss * 1024,
            input_bytes=int(self._claim.source.get("size") or 0),
            worker=worker,
        )

    def _outcome(self, measure: Measure, stderr: str) -> Outcome:
        path = self._folder / "work" / "outcome.json"
        code = self._process.returncode
        if code == NO_ROOM:
            raise StorageFull("The disk is full.")
        if code != 0 or not path.is_file():
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            message = f"The step “{self._claim.name}” ended without a result ({how})."
            return Failed("crashed", message, retryable=True, log=stderr, measure=measure)
        said: dict[str, Any] = json.loads(path.read_bytes())
        if "error" in said:
            return Failed(**said["error"], log=stderr, measure=measure)
        made = sum(said["result"].get("files", {}).values())
        full = Measure(**{**asdict(measure), "output_bytes": made})
        return Done(said["result"], full, tuple(said["spawn"]))


def _environment(temporary: Path) -> dict[str, str]:
    """No secrets for parsers; what libraries put aside goes with the stage's folder."""
    return {k: os.environ[k] for k in _PASSED_ON if k in os.environ} | {"TMPDIR": str(temporary)}


def _overrun(why: str, measure: Measure, log: str) -> Failed:
    if why == "memory":
        message = "This step needed more memory than it may use."
        return Failed("out_of_memory", message, retryable=True, log=log, measure=measure)
    if why == "silent":
        message = "This step got stuck: for minutes it made no headway."
    else:
        message = "This step took longer than it may."
    return Failed("deadline_exceeded", message, retryable=True, log=log, measure=measure)
