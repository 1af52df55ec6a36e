"""Is it alive, is it ready, and what of it is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify

from app.errors import Unavailable
from app.http.context import known, platform
from app.jobs.platform import Platform
from app.store import reading

blueprint = Blueprint("health", __name__)
_NEEDED = ("database", "storage")  # without these no request can be served; the rest only degrades
_LOW_DISK = 512 * 1024 * 1024


def _database(held: Platform) -> str:
    with held.db.read() as conn:
        reading.ping(conn)
    return ""


def _cache(held: Platform) -> str:
    held.cache.ping()
    return ""


def _broker(held: Platform) -> str:
    return f"{held.queue.depth('default')} messages wait in the default queue"


def _storage(held: Platform) -> str:
    try:
        free = held.storage.free_bytes()
    except OSError as error:
        raise Unavailable("The storage folder cannot be reached.") from error
    if free < _LOW_DISK:
        raise Unavailable("The disk of the storage is almost full.")
    return f"{free // 1024**3} GiB free"


def _workers(held: Platform) -> str:
    """Some worker's main process holds the steward's role, and renews it each second."""
    with held.db.read() as conn:
        holder = reading.slot_holder(conn, "steward")
    if holder is None:
        raise Unavailable("No worker was heard of lately.")
    return f"{holder} is the steward"


_CHECKS: dict[str, Callable[[Platform], str]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "storage": _storage,
    "workers": _workers,
}


def _look(names: tuple[str, ...]) -> tuple[Response, int]:
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            found[name] = {"status": "ok", "detail": _CHECKS[name](platform())}
        except Unavailable as error:
            found[name] = {"status": "down", "detail": error.message}
    if not known():  # anybody may know that it is well; names of machines and sizes of disks are for users
        found = {name: {"status": component["status"]} for name, component in found.items()}
    down = [name for name, component in found.items() if component["status"] == "down"]
    broken = any(name in _NEEDED for name in down)
    status = "down" if broken else "degraded" if down else "ok"
    answer = jsonify(status=status, components=found)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 503 if broken else 200


@blueprint.get("/api/health")
def health() -> tuple[Response, int]:
    return _look(tuple(_CHECKS))


@blueprint.get("/api/health/live")
def live() -> Response:
    """This process answers; says nothing of what it depends on, so nobody restarts it for a lost database."""
    return jsonify(status="ok")


@blueprint.get("/api/health/ready")
def ready() -> tuple[Response, int]:
    return _look(_NEEDED)


@blueprint.get("/health")
def short() -> tuple[Response, int]:
    return _look(tuple(_CHECKS))
