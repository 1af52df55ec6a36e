"""Composition root of the workers: `celery_worker.py worker | beat | flower`; `celery -A celery_worker`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from celery import signals

import tasks.analysis
import tasks.extraction
import tasks.general
import tasks.generation
import tasks.maintenance  # noqa: F401 - importing the modules registers their tasks
from app import telemetry
from app.errors import BadConfiguration
from app.settings import load
from workers.celery_app import make_celery
from workers.commands import run_beat, run_flower, run_worker
from workers.process import open_process
from workers.profiles import PROFILES
from workers.watch import StewardStep, drain_children

try:
    settings = load()
except BadConfiguration as error:
    sys.exit(error.message)

telemetry.configure(settings.log_level, as_json=settings.log_json)
app = celery = make_celery(settings)
app.steps["worker"].add(StewardStep)


@signals.worker_init.connect
def _open_main(**_: Any) -> None:
    open_process(settings, app)


@signals.worker_process_init.connect
def _open_child(**_: Any) -> None:
    open_process(settings, app)


@signals.worker_shutting_down.connect
def _drain(**_: Any) -> None:
    drain_children(after_s=settings.drain_s)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="celery_worker.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="take stages from the queues of a profile")
    worker.add_argument("--profile", choices=sorted(PROFILES), default="general")
    worker.add_argument("--concurrency", type=int, default=0, help="default: as the profile says")
    worker.add_argument("--name", default="", help="name of the worker; default: its profile and process id")
    commands.add_parser("beat", help="make scheduled jobs")
    flower = commands.add_parser("flower", help="the monitoring page")
    flower.add_argument("--port", type=int, default=5555)
    flower.add_argument("--address", default="127.0.0.1")
    options = parser.parse_args(argv)
    if options.command == "worker":
        return run_worker(app, settings, options.profile, options.concurrency, options.name)
    if options.command == "beat":
        return run_beat(app, settings)
    return run_flower(app, settings, options.address, options.port)


if __name__ == "__main__":
    sys.exit(main())
