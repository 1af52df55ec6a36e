"""The ways of serving that stand side by side, each as a command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import virtual_env

PROCESSES = 2
_PEERS = ["gunicorn==27.0.1", "granian==2.8.7"]


@dataclass(frozen=True)
class Design:
    """`path`: what answers when it is up. `needs_peers`: packages of the benchmark's own environment."""

    name: str
    path: str
    arguments: Callable[[int], list[str]]
    needs_peers: bool = False


def _granian(port: int) -> list[str]:
    options = f"--factory --no-ws --backpressure 8192 --backlog 1024 --workers {PROCESSES} --port {port}"
    return ["-m", "granian", "--interface", "asgi", *options.split(), "benchmarks.api.ours:make_asgi"]


def _ours(port: int) -> list[str]:
    factory = "benchmarks.api.ours:make_asgi"
    return ["-c", f"import asgi; asgi.serve({factory!r}, '127.0.0.1', {port}, {PROCESSES})"]


def _gunicorn(application: str) -> Callable[[int], list[str]]:
    def arguments(port: int) -> list[str]:
        options = f"-w {PROCESSES} -k gthread --threads 8 --backlog 1024 --worker-connections 2000"
        return ["-m", "gunicorn", *options.split(), "-b", f"127.0.0.1:{port}", application]

    return arguments


OURS = Design("Lectern", "/api/health/live", _ours)
TYPICAL = Design(
    "typical, gunicorn", "/api/jobs/none", _gunicorn("benchmarks.api.typical:make()"), needs_peers=True
)
OTHERS = (
    Design("Lectern, granian", "/api/health/live", _granian, needs_peers=True),
    Design(
        "Lectern, gunicorn (Flask)",
        "/api/health/live",
        _gunicorn("benchmarks.api.ours:make_wsgi()"),
        needs_peers=True,
    ),
)


def peers_path() -> str:
    """Folder of the peers' packages, for PYTHONPATH. Raises NotInstallable."""
    python: Path = virtual_env("api", _PEERS)
    (packages,) = (python.parent.parent / "lib").glob("python3*/site-packages")
    return str(packages)
