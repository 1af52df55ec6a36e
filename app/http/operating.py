"""For operators: queues and workers, pause and drain. All of it needs the scope “admin”."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.http.context import platform
from app.jobs import fleet
from app.jobs import queues as heart
from app.jobs.status import instant

queues = Blueprint("queues", __name__, url_prefix="/api/queues")
workers = Blueprint("workers", __name__, url_prefix="/api/workers")


@queues.get("")
def index() -> Response:
    return jsonify(queues=[_queue(view) for view in heart.look(platform())])


@queues.post("/<name>/pause")
def pause(name: str) -> Response:
    return jsonify(_queue(heart.pause(platform(), name)))


@queues.post("/<name>/resume")
def resume(name: str) -> Response:
    return jsonify(_queue(heart.resume(platform(), name)))


@workers.get("")
def list_workers() -> Response:
    return jsonify(workers=[_worker(view) for view in fleet.look(platform())])


@workers.post("/<name>/drain")
def drain(name: str) -> tuple[Response, int]:
    fleet.drain(platform(), name)
    return jsonify(name=name, draining=True), 202


def _queue(view: heart.QueueView) -> dict[str, object]:
    return {
        "name": view.name,
        "paused": view.paused_at is not None,
        "paused_at": instant(view.paused_at),
        "ready": view.ready,
        "published": view.published,
        "running": view.running,
        "oldest_wait_s": round(view.oldest_wait_s, 3),
        "workers": view.workers,
        "slots": view.slots,
    }


def _worker(view: fleet.WorkerView) -> dict[str, object]:
    return {
        "name": view.name,
        "host": view.host,
        "pid": view.pid,
        "profile": view.profile,
        "queues": view.queues,
        "concurrency": view.concurrency,
        "running": view.running,
        "memory_bytes": view.memory_bytes,
        "since": instant(view.started_at),
        "seen_at": instant(view.seen_at),
        "draining": view.draining_at is not None,
    }
