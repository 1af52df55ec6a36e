"""Composition root of the API server: `python asgi.py --host 0.0.0.0 --port 5000 --workers 2`.

Other ASGI servers take it as a factory: `granian --interface asgi --factory asgi:make_app`.
"""

from __future__ import annotations

import argparse
import resource
import sys

from app.errors import LecternError
from app.http.edge import Edge
from app.settings import Settings, load

_CONNECTIONS = 8192  # at once and in each process; held streams count


def make_app() -> Edge:
    """The edge in front of Flask, with this process's platform. Embedded, its threads start with it."""
    import wsgi

    return Edge(wsgi.app, wsgi.service.platform, on_start=wsgi.service.start, on_stop=wsgi.service.stop)


def _workers(settings: Settings, asked: int) -> int:
    if settings.embedded and asked > 1:
        print("Embedded (USE_CELERY=false): one process serves, others would not see its memory.")  # noqa: T201
    return 1 if settings.embedded else asked


def _raise_file_limit() -> None:
    """Each held stream is an open file, and the usual soft limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="asgi.py", description="Lectern's API server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    try:
        settings = load()
    except LecternError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        return 2
    from granian import Granian
    from granian.constants import Interfaces

    _raise_file_limit()
    Granian(
        "asgi:make_app",
        factory=True,
        address=options.host,
        port=options.port,
        interface=Interfaces.ASGI,
        workers=_workers(settings, options.workers),
        websockets=False,
        backlog=1024,
        backpressure=_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=45,  # slow clients must not keep an old process for ever
        log_access=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
