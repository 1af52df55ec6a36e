"""The peer: jobs the usual way. Flask, SQLAlchemy's ORM, status in Redis, `send_task`; no keys, no limits."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import redis
from celery import Celery
from flask import Flask, Response, request
from sqlalchemy import JSON, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "typical_jobs"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


def make() -> Flask:
    app = Flask(__name__)
    engine = create_engine(
        os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:"), pool_size=8
    )
    Base.metadata.create_all(engine)
    session = sessionmaker(engine, expire_on_commit=False)
    cache = redis.Redis.from_url(os.environ["REDIS_URL"])
    celery = Celery("typical", broker=os.environ["REDIS_URL"])

    @app.post("/api/jobs")
    def create() -> Response:
        body = request.get_json()
        job = Job(id=f"job_{uuid.uuid4().hex}", kind=body["kind"], status="queued", payload=body["params"])
        with session() as writing:
            writing.add(job)
            writing.commit()
        shown = json.dumps({"id": job.id, "kind": job.kind, "status": job.status, "params": job.payload})
        cache.set(f"typical:{job.id}", shown, ex=3600)
        celery.send_task("typical.run", args=[job.id], queue="typical", ignore_result=True)
        return Response(shown, 202, {"Location": f"/api/jobs/{job.id}"}, mimetype="application/json")

    @app.get("/api/jobs/<job_id>")
    def show(job_id: str) -> Response:
        shown = cache.get(f"typical:{job_id}")
        if shown is None:
            with session() as reading:
                found = reading.get(Job, job_id)
            if found is None:
                return Response('{"error": "not found"}', 404, mimetype="application/json")
            shown = json.dumps({"id": found.id, "kind": found.kind, "status": found.status})
            cache.set(f"typical:{job_id}", shown, ex=3600)
        return Response(shown, mimetype="application/json")

    return app
