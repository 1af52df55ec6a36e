"""A small server of the HTTP side over SQLite and memory, as its own process: `asgi.serve` serves `make_app`.

The work is moved by hand through `POST /test/run`, which exists here only.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Response, request
from helpers_http import make_platform, run_all, run_next

from app import create_app
from app.http.edge import Edge
from app.jobs import status

platform = make_platform(
    Path(os.environ["HTTP_TEST_FOLDER"]),
    max_upload_bytes=int(os.environ.get("HTTP_TEST_LIMIT", 2_000_000_000)),
    api_threads=int(os.environ.get("HTTP_TEST_THREADS", 4)),
    api_auth=os.environ.get("HTTP_TEST_AUTH", "local"),
)
wsgi_app = create_app(platform)


@wsgi_app.post("/test/run")
def run() -> Response:
    run_all(platform) if request.args.get("all") else run_next(platform)
    return Response(status=204)


@wsgi_app.post("/test/progress/<job_id>/<int:stage_id>/<lease>/<float:fraction>")
def progress(job_id: str, stage_id: int, lease: str, fraction: float) -> Response:
    status.report_progress(platform, job_id, stage_id, lease, fraction, "looking")
    return Response(status=204)


def make_app() -> Edge:
    return Edge(wsgi_app, platform)
