"""What `edge.py` measures: the API over SQLite and memory, with a queue that nobody serves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.cache.memory import MemoryCache
from app.http.edge import Edge
from app.jobs.model import Catalogue, Json, Kind, Message, Stage
from app.jobs.platform import Platform
from app.settings import Settings
from app.storage import Storage
from app.store.database import Database
from app.store.models import Base, Owner


class _Nobody:
    def publish(self, messages: Sequence[Message]) -> None:
        return

    def depth(self, queue: str) -> int:
        return 0


def _any(params: Json) -> Json:
    return params


def _platform() -> Platform:
    folder = Path(os.environ["BENCH_FOLDER"])
    settings = Settings(
        use_celery=False,
        api_auth="local",
        database_url=f"sqlite:///{folder}/bench.db",
        storage_path=folder / "files",
        api_threads=int(os.environ["BENCH_THREADS"]),
    )
    db = Database(settings.database_url)
    Base.metadata.create_all(db.engine)
    try:
        with db.write() as conn:
            conn.execute(insert(Owner).values(id="local", name="local", created_at=0))
    except IntegrityError:
        pass  # the other way of serving has made it
    kind = Kind("idle", (Stage("wait", "default"),), _any, needs_source=False)
    return Platform(
        settings, db, MemoryCache(), _Nobody(), Storage(settings.storage_path), Catalogue({"idle": kind}), {}
    )


def make_wsgi() -> Flask:
    return create_app(_platform())


def make_asgi() -> Edge:
    platform = _platform()
    return Edge(create_app(platform), platform)
