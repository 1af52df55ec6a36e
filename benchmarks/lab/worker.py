"""Composition root of the laboratory's workers: `python -m benchmarks.lab.worker worker | beat`.

LAB_CELERY, JSON, changes Celery's own configuration, to compare what the product decides with the other way.
LAB_APART makes each worker a machine of its own: whether another's processes live it cannot see.
"""

from __future__ import annotations

import json
import os
import secrets
import sys

import tasks.maintenance  # noqa: F401 - registers the schedule's tick and the chores
from app.jobs import holder
from app.settings import load
from benchmarks.lab.catalogue import CATALOGUE
from benchmarks.lab.repertoire import LAB
from tasks.run import run
from workers.root import command, compose

if os.environ.get("LAB_APART"):
    _place = f"{secrets.token_hex(5)}-"  # before the fork: its own children it does see
    vars(holder)["here"] = lambda: _place

settings = load()
app = celery = compose(settings, LAB)
for _name, _value in json.loads(os.environ.get("LAB_CELERY", "{}")).items():
    app.conf[_name] = {**app.conf[_name], **_value} if isinstance(_value, dict) else _value
for _stage in CATALOGUE.stages:
    if _stage.task not in app.tasks:
        app.task(run, name=_stage.task)

if __name__ == "__main__":
    sys.exit(command(app, settings, LAB, ("-m", "benchmarks.lab.worker")))
