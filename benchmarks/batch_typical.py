"""What `bench batch` stands beside: Flask, SQLAlchemy's ORM and Celery, as one writes them first.

`gunicorn benchmarks.batch_typical:app`. The same rows for each job as ours (job, stage,
event), an object each, and a message each.
"""

from __future__ import annotations

import os
import time
import uuid

from celery import Celery
from flask import Flask, Response, jsonify, request
from sqlalchemy import JSON, BigInteger, ForeignKey, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = Flask(__name__)
engine = create_engine(os.environ["BATCH_DATABASE"])
tasks = Celery("typical", broker=os.environ["BATCH_BROKER"])


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "typical_jobs"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12), index=True)
    title: Mapped[str] = mapped_column(String(300))
    params: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Stage(Base):
    __tablename__ = "typical_stages"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey(Job.id))
    job: Mapped[Job] = relationship()
    name: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), index=True)


class Event(Base):
    __tablename__ = "typical_events"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey(Job.id), index=True)
    job: Mapped[Job] = relationship()
    type: Mapped[str] = mapped_column(String(40))


Base.metadata.create_all(engine)


@app.get("/")
def alive() -> str:
    return "ok"


@app.post("/batch")
def batch() -> tuple[Response, int]:
    began = time.perf_counter()
    made = []
    with Session(engine) as session:
        for item in request.get_json()["items"]:
            about = {"kind": item["kind"], "title": item["title"], "params": item.get("params", {})}
            made.append(f"job_{uuid.uuid4().hex}")
            job = Job(id=made[-1], owner_id="local", status="queued", created_at=1, **about)
            stage = Stage(job=job, name="noop", state="ready")
            session.add_all([job, stage, Event(job=job, type="job.queued")])
        session.commit()
    rows_s = time.perf_counter() - began
    for job_id in made:
        tasks.send_task("noop", [job_id], queue="typical")
    return jsonify(jobs=made, rows_s=rows_s), 202
