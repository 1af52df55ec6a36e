"""What is measured: the API with all its parts, and the laboratory's kinds of jobs, which do nothing."""

from __future__ import annotations

from typing import cast

from flask import Flask

from app import create_app
from app.http.edge import Edge
from app.jobs import limits
from app.jobs.limits import Tier
from app.jobs.platform import Platform
from app.settings import load
from app.telemetry import configure
from benchmarks.lab.repertoire import LAB
from workers.service import Service

TIER = "bench"  # its requests are counted as anybody's, only higher up; its jobs wait for no other
cast(dict[str, Tier], limits.TIERS)[TIER] = Tier(
    running_jobs=None, requests_per_minute=60_000, jobs_per_day=None
)


def platform() -> Platform:
    settings = load()
    configure(settings.log_level)
    return Service(settings, LAB).platform


def make_wsgi() -> Flask:
    return create_app(platform())


def make_asgi() -> Edge:
    held = platform()
    return Edge(create_app(held), held)
