"""The long-running commands of `celery_worker.py`."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Sequence

from celery import Celery

from app.composition import build_platform
from app.settings import Settings
from app.stages.repertoire import Repertoire
from app.telemetry import emit
from workers.celery_queue import CeleryQueue
from workers.local.growth import LocalWorkers
from workers.profiles import PROFILES
from workers.scaling import Autoscaler
from workers.watch import was_drained

# A supervisor that starts again what failed leaves a drained worker away, and brings back one that was told
# to stop because its machine went down.
_STOPPED = 128 + signal.SIGTERM


def run_worker(app: Celery, settings: Settings, profile: str, concurrency: int, name: str) -> int:
    """Serve the queues of a profile until told to stop; returns the exit code: 0 if it was drained."""
    p = PROFILES[profile]
    memory_mb = settings.worker_max_memory_mb or p.memory_mb
    arguments = [
        "worker",
        f"--queues={','.join(p.queues)}",
        f"--concurrency={concurrency or settings.worker_concurrency or p.concurrency}",
        f"--max-tasks-per-child={p.max_tasks_per_child}",
        f"--max-memory-per-child={memory_mb * 1024}",
        f"--hostname={name or f'{profile}-{os.getpid()}'}@%h",
        "--without-gossip",
        "--without-mingle",
        f"--loglevel={settings.log_level}",
    ]
    app.worker_main(arguments)
    return 0 if was_drained() else _STOPPED


def run_beat(app: Celery, settings: Settings) -> int:
    """Ask for scheduled jobs; its own notes lie in the state folder and may be lost without harm."""
    settings.lectern_state.mkdir(parents=True, exist_ok=True)
    notes = settings.lectern_state / f"beat-{settings.instance_id}.db"
    app.start(["beat", f"--schedule={notes}", "--pidfile=", f"--loglevel={settings.log_level}"])
    return 0


def run_flower(app: Celery, settings: Settings, address: str, port: int) -> int:
    """Flower, behind a password: it can stop workers and shows every argument."""
    if not settings.flower_basic_auth:
        print("Flower needs FLOWER_BASIC_AUTH=user:password.")  # noqa: T201 - for the person who started it
        return 2
    os.environ["FLOWER_UNAUTHENTICATED_API"] = "false"
    app.start(
        ["flower", f"--address={address}", f"--port={port}", f"--basic-auth={settings.flower_basic_auth}"]
    )
    return 0


def run_autoscaler(app: Celery, settings: Settings, repertoire: Repertoire, command: Sequence[str]) -> int:
    """Start and drain workers of this machine until told to stop; `command` starts one."""
    if not settings.auto_scale:
        print("The autoscaler is off: AUTO_SCALE=true turns it on.")  # noqa: T201 - for who started it
        return 2
    platform = build_platform(settings, CeleryQueue(app), repertoire)
    backend = LocalWorkers(settings.lectern_state.resolve(), command)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    emit("autoscaler.started", most=settings.max_workers)
    Autoscaler(platform, backend, f"{socket.gethostname()}/{os.getpid()}").run(stopped)
    platform.db.close()
    return 0
