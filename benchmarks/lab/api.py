"""Composition root of the laboratory's API: `python -m benchmarks.lab.api --port N`."""

from __future__ import annotations

import sys

from app import create_app
from app.http.edge import Edge
from app.settings import load
from app.telemetry import configure
from asgi import main
from benchmarks.lab.repertoire import LAB
from workers.service import Service


def make_app() -> Edge:
    settings = load()
    configure(settings.log_level, as_json=settings.log_json)
    service = Service(settings, LAB)
    return Edge(create_app(service.platform), service.platform, on_start=service.start, on_stop=service.stop)


if __name__ == "__main__":
    sys.exit(main(factory="benchmarks.lab.api:make_app"))
