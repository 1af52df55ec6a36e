"""Composition root of the workers: `celery_worker.py worker | beat | flower | autoscale`, `celery -A …`."""

from __future__ import annotations

import sys

import tasks.analysis
import tasks.extraction
import tasks.general
import tasks.generation
import tasks.maintenance  # noqa: F401 - importing the modules registers their tasks
from app.errors import BadConfiguration
from app.settings import load
from app.stages.repertoire import LECTERN
from workers.root import command, compose

try:
    settings = load()
except BadConfiguration as error:
    sys.exit(error.message)

app = celery = compose(settings, LECTERN)


def main(argv: list[str] | None = None) -> int:
    return command(app, settings, LECTERN, ("celery_worker.py",), argv)


if __name__ == "__main__":
    sys.exit(main())
