"""The usual design: a row per job through the ORM, its start and its end committed, its status cached."""

import os
from datetime import UTC, datetime

import redis
import tally
from celery import Celery
from sqlalchemy import BigInteger, DateTime, String, create_engine, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = Celery("peer", broker=os.environ["BENCH_REDIS"])
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "peer_jobs"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    status: Mapped[str] = mapped_column(String(12), index=True)
    result: Mapped[dict | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


_opened: dict[int, tuple] = {}


def opened() -> tuple:
    pid = os.getpid()  # each pool process opens its own
    if pid not in _opened:
        url = os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+psycopg2://")
        engine = create_engine(url, pool_size=2)
        Base.metadata.create_all(engine)
        _opened[pid] = engine, redis.Redis.from_url(os.environ["BENCH_REDIS"])
    return _opened[pid]


@app.task(name="noop")
def noop(job_id: int) -> None:
    engine, cache = opened()
    with Session(engine) as session:
        job = session.get(Job, job_id)
        job.status, job.started_at = "running", datetime.now(UTC)
        session.commit()
        cache.set(f"peer:{job_id}", '{"status": "running"}', ex=3600)
        job = session.get(Job, job_id)
        job.status, job.finished_at, job.result = "succeeded", datetime.now(UTC), {}
        session.commit()
        cache.set(f"peer:{job_id}", '{"status": "succeeded"}', ex=3600)
    tally.hit()


def send(_number: int) -> None:
    engine, _ = opened()
    with Session(engine) as session:
        job = Job(status="queued")
        session.add(job)
        session.commit()
        noop.delay(job.id)
