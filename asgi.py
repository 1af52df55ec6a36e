"""Composition root of the API server: `python asgi.py --host 0.0.0.0 --port 5000 --workers 2`.

Other ASGI servers take `asgi:make_app` as a factory; status reads are slower there (`app/http/lane.py`).
"""

from __future__ import annotations

import argparse
import errno
import ipaddress
import resource
import socket
import sys

from app.errors import LecternError
from app.http.edge import Edge
from app.settings import Settings, load

_CONNECTIONS = 8192  # at once and in each process; held streams count
_NEEDS_KEYS = "API_AUTH=local trusts whoever reaches the port: with it --host must be 127.0.0.1, not {host}."


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


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port (1–65535)")
    return int(text)


def _only_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cannot_listen(host: str, port: int) -> str:
    """Why nothing can listen there, "" if it can; the server itself would end in a stack trace."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else TIME_WAIT counts as taken
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is taken by another program; choose one with --port."
        return f"{host}, port {port}, cannot be listened on: {error.strerror or error}."
    return ""


def main(arguments: list[str] | None = None, factory: str = "asgi:make_app") -> int:
    parser = argparse.ArgumentParser(prog="asgi.py", description="Lectern's API server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=5000, metavar="N")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    try:
        settings = load()
    except LecternError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        return 2
    if settings.api_auth == "local" and not _only_this_machine(options.host):
        print(_NEEDS_KEYS.format(host=options.host), file=sys.stderr)  # noqa: T201
        return 2
    if trouble := _cannot_listen(options.host, options.port):
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    return serve(factory, options.host, options.port, _workers(settings, options.workers))


def serve(factory: str, host: str, port: int, workers: int) -> int:
    """Until told to stop. `factory` ("module:function") makes an Edge in each process."""
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE

    from app.http.lane import Lane
    from app.http.listening import Workers, bound

    _raise_file_limit()
    config = uvicorn.Config(
        factory,
        factory=True,
        interface="asgi3",
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=Lane,
        ws="none",
        lifespan="on",
        backlog=1024,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=3600,  # Lane looks after those that are silent
        timeout_worker_healthcheck=30,  # on a machine that is busy a process needs more than 5 s to begin
        timeout_graceful_shutdown=45,  # slow clients must not keep an old process for ever
        proxy_headers=False,  # TRUSTED_PROXIES says whom we believe
        server_header=False,
        access_log=False,
        log_config=None,
    )
    supervisor = Workers(config, bound(host, port, workers))
    supervisor.run()
    return 1 if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes) else 0


if __name__ == "__main__":
    sys.exit(main())
