"""Puts a Celery worker together for a repertoire, and runs its commands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from celery import Celery, signals

from app import garbage, telemetry
from app.settings import Settings
from app.stages.repertoire import Repertoire
from workers.celery_app import make_celery
from workers.commands import run_autoscaler, run_beat, run_flower, run_worker
from workers.process import open_process
from workers.profiles import PROFILES
from workers.watch import StewardStep, drain_children


def compose(settings: Settings, repertoire: Repertoire) -> Celery:
    """The application with steward and drain, whose processes open the repertoire's platform after the fork.

    The tasks are registered by whoever calls.
    """
    telemetry.configure(settings.log_level, as_json=settings.log_json)
    app = make_celery(settings, repertoire.catalogue)
    app.steps["worker"].add(StewardStep)

    def open_here(**_: Any) -> None:
        open_process(settings, app, repertoire)
        garbage.spare_what_lasts()

    def drain(**_: Any) -> None:
        drain_children(after_s=settings.drain_s)

    signals.worker_init.connect(open_here, weak=False)
    signals.worker_process_init.connect(open_here, weak=False)
    signals.worker_shutting_down.connect(drain, weak=False)
    return app


def command(
    app: Celery,
    settings: Settings,
    repertoire: Repertoire,
    root: Sequence[str],
    argv: list[str] | None = None,
) -> int:
    """`worker | beat | flower | autoscale` from the command line; returns the exit code.

    `root` is how Python is told to run the composition root that calls: the autoscaler starts more of it.
    """
    parser = argparse.ArgumentParser(prog=" ".join(root))
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="take stages from the queues of a profile")
    worker.add_argument("--profile", choices=sorted(PROFILES), default="general")
    worker.add_argument("--concurrency", type=int, default=0, help="default: as the profile says")
    worker.add_argument("--name", default="", help="name of the worker; default: its profile and process id")
    commands.add_parser("beat", help="make scheduled jobs")
    flower = commands.add_parser("flower", help="the monitoring page")
    flower.add_argument("--port", type=int, default=5555)
    flower.add_argument("--address", default="127.0.0.1")
    commands.add_parser("autoscale", help="start and drain workers of this machine as the load asks for")
    options = parser.parse_args(argv)
    if options.command == "worker":
        return run_worker(app, settings, options.profile, options.concurrency, options.name)
    if options.command == "beat":
        return run_beat(app, settings)
    if options.command == "autoscale":
        return run_autoscaler(app, settings, repertoire, root)
    return run_flower(app, settings, options.address, options.port)
