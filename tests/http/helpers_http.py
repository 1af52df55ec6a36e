"""A platform over SQLite and memory with a tiny kind of job, and hands that move its stages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from app.cache.memory import MemoryCache
from app.errors import BadInput
from app.jobs import runs
from app.jobs.model import Catalogue, Done, Edge, Failed, Json, Kind, Message, Outcome, Stage
from app.jobs.platform import Platform
from app.settings import Settings
from app.storage import Storage
from app.store import files
from app.store.database import Database
from app.store.models import Base, Owner, Slot


class _Buffered(FlaskClient):
    """Reads each answer to its end, so that no file stays open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=True, **kwargs)


def buffered_client(app: Flask) -> FlaskClient:
    app.test_client_class = _Buffered
    return app.test_client()


class RecordingQueue:
    """Keeps what was published; nothing runs until a test says so."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    def depth(self, queue: str) -> int:
        return sum(1 for m in self.messages if m.queue == queue)


def _check(params: Json) -> Json:
    for name, value in params.items():
        if name != "chunk_s":
            raise BadInput(f"There is no parameter “{name}”.", field=f"params.{name}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInput("chunk_s is a number.", field="params.chunk_s")
    return {"chunk_s": 300, **params}


LECTURE = Kind(
    name="lecture",
    check=_check,
    takes_deck=True,
    stages=(Stage("look", "extraction"), Stage("tell", "generation", (Edge("look"),))),
)
PING = Kind(name="ping", check=_check, stages=(Stage("answer", "default"),), needs_source=False)
SECRET = Kind(name="sweep", check=_check, stages=(Stage("sweep", "maintenance"),), internal=True)
CATALOGUE = Catalogue({kind.name: kind for kind in (LECTURE, PING, SECRET)})


def make_platform(folder: Path, **values: Any) -> Platform:
    settings = Settings(
        **{"api_auth": "local", **values},
        use_celery=False,
        database_url=f"sqlite:///{folder}/lectern.db",
        storage_path=folder / "files",
        lectern_state=folder / "state",
    )
    db = Database(settings.database_url)
    Base.metadata.create_all(db.engine)
    with db.write() as conn:
        conn.execute(
            insert(Owner),
            [{"id": o, "name": o, "tier": "unlimited", "created_at": 0} for o in ("local", "ada")],
        )
        conn.execute(insert(Slot).values(name="steward", holder="", until=0))
    return Platform(
        settings, db, MemoryCache(), RecordingQueue(), Storage(settings.storage_path), CATALOGUE, {}
    )


def run_next(platform: Platform, outcome: Outcome | None = None) -> str:
    """Take the oldest message and finish its stage; returns the stage's name."""
    queue = platform.queue
    assert isinstance(queue, RecordingQueue)
    until = time.monotonic() + 20
    while not queue.messages and time.monotonic() < until:  # published after the answer
        time.sleep(0.01)
    message = queue.messages.pop(0)
    claim = runs.claim(platform, message.job_id, message.stage_id, uuid.uuid4().hex, "w1")
    assert claim is not None
    assert runs.finish(platform, claim, outcome or Done({}))
    return claim.name


def run_all(platform: Platform) -> None:
    assert isinstance(platform.queue, RecordingQueue)
    while platform.queue.messages:
        run_next(platform)


def fail_next(platform: Platform, message: str = "No stream in it can be read.") -> str:
    return run_next(platform, Failed("bad_media", message, retryable=False))


def add_artifact(platform: Platform, job_id: str, name: str, media_type: str, content: bytes) -> str:
    """Put a finished file beside a job; returns its digest."""
    with platform.storage.receive() as incoming:
        incoming.write(content)
    row = {"name": name, "media_type": media_type, "size": len(content), "stage": "tell"}
    with platform.db.write() as conn:
        files.put_artifacts(conn, job_id, [{"digest": incoming.digest, "owner_id": "local", **row}])
    return incoming.digest


def add_slide(platform: Platform, job_id: str, number: int, content: bytes, **more: str) -> None:
    with platform.storage.receive() as incoming:
        incoming.write(content)
    row = {
        "number": number, "owner_id": "local", "intervals": [[0.0, 4.0], [9.0, 12.5]], "start_s": 0.0,
        "end_s": 12.5, "digest": incoming.digest, "width": 4, "height": 3, "text": "Hash tables",
        "image_name": f"slide_{number:04d}.png", **more,
    }  # fmt: skip
    with platform.db.write() as conn:
        files.touch(conn, incoming.digest, len(content))
        files.replace_slides(conn, job_id, [row])
