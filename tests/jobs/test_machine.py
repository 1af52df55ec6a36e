"""A job's whole life under doubled deliveries, crashes, cancels, retries and late finishes, at random."""

from __future__ import annotations

import uuid

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update

from app.cache.memory import MemoryCache
from app.errors import Conflict
from app.jobs import control, runs
from app.jobs.model import ENDED_JOB, ENDED_STAGE, Claim, Done, Failed, JobStatus, Message, Stopped
from app.jobs.platform import Platform
from app.jobs.steward import Steward
from app.storage import Storage
from app.store import reading
from app.store.database import Database
from app.store.models import JobMetrics, Owner, StageRow
from tests.conftest import settings_for
from tests.kinds import TEST_CATALOGUE, ListQueue, start

ENDS = ["done", "failed", "bad input", "stopped"]
GOALS = ("only", "two", "bottom", "gather")


class JobLife(RuleBasedStateMachine):
    """Each rule is something that may happen at any time; the invariants are the promises."""

    folder = None

    @initialize(
        kind=st.sampled_from(["single", "chain", "diamond", "fan"]),
        tier=st.sampled_from(["unlimited", "free"]),
    )
    def submit(self, kind: str, tier: str) -> None:
        import tempfile
        from pathlib import Path

        from tests.databases import migrated_sqlite

        self.folder = tempfile.TemporaryDirectory()
        chosen = settings_for(Path(self.folder.name), MAX_FAILURES="2", MAX_LOSSES="3")
        migrated_sqlite(chosen.database_url)
        self.queue = ListQueue()
        self.platform = Platform(
            settings=chosen,
            db=Database(chosen.database_url),
            cache=MemoryCache(),
            queue=self.queue,
            storage=Storage(chosen.storage_path),
            catalogue=TEST_CATALOGUE,
            projectors={},
        )
        self.steward = Steward(self.platform, "s")
        self.delivered: list[Message] = []
        self.held: list[Claim] = []
        self.won: list[str] = []
        with self.platform.db.write() as conn:
            conn.execute(update(Owner).values(tier=tier))
        self.job_id = start(self.platform, kind)

    def _claim(self, message: Message) -> None:
        lease = str(uuid.uuid4())
        got = runs.claim(self.platform, message.job_id, message.stage_id, lease, "w")
        if got is not None:
            self.held.append(got)

    @precondition(lambda self: self.queue.messages)
    @rule()
    def deliver(self) -> None:
        message = self.queue.messages.pop(0)
        self.delivered.append(message)
        self._claim(message)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self._claim(data.draw(st.sampled_from(self.delivered)))

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(), how=st.sampled_from(["done", "failed", "bad input", "stopped"]), twice=st.booleans()
    )
    def end_a_run(self, data: st.DataObject, how: str, twice: bool) -> None:
        """Also of a run whose lease was lost long ago: its finish must be refused."""
        held = data.draw(st.sampled_from(self.held))
        spawn = ({"n": 0}, {"n": 1}) if held.name == "split" else ()
        outcome = {
            "done": Done({"lease": held.lease_id}, spawn=spawn),
            "failed": Failed("x", "No.", retryable=True),
            "bad input": Failed("x", "No.", retryable=False),
            "stopped": Stopped(),
        }[how]
        before = self._row(held.stage_id)
        accepted = runs.finish(self.platform, held, outcome)  # type: ignore[arg-type]
        assert accepted == (before.lease_id == held.lease_id)
        if twice:
            runs.finish(self.platform, held, outcome)  # type: ignore[arg-type]
        if accepted and how == "done" and before.state == "running":
            self.won.append(held.lease_id)

    @rule()
    def worker_dies(self) -> None:
        with self.platform.db.write() as conn:
            conn.execute(update(StageRow).where(StageRow.state == "running").values(lease_until=1))
        self.steward.rescue()

    @rule()
    def broker_is_flushed(self) -> None:
        self.queue.messages.clear()

    @rule()
    def time_passes(self) -> None:
        with self.platform.db.write() as conn:
            conn.execute(update(StageRow).where(StageRow.state == "ready").values(run_at=1))
            conn.execute(update(StageRow).where(StageRow.state == "published").values(published_at=1))
        self.steward.admit()
        self.steward.feed()
        self.steward.resend()
        assert self._job().admission != "waiting", "there was room, and it was not let in"

    @rule()
    def cancel(self) -> None:
        try:
            control.cancel(self.platform, "local", self.job_id)
        except Conflict:
            assert self._job().status in ENDED_JOB

    @rule()
    def retry(self) -> None:
        try:
            control.retry(self.platform, "local", self.job_id)
        except Conflict:
            assert self._job().status not in (JobStatus.FAILED, JobStatus.CANCELLED)

    def _job(self):  # type: ignore[no-untyped-def]
        with self.platform.db.read() as conn:
            return reading.job(conn, self.job_id)

    def _row(self, stage_id: int):  # type: ignore[no-untyped-def]
        with self.platform.db.read() as conn:
            return conn.execute(select(StageRow.__table__).where(StageRow.id == stage_id)).one()

    @invariant()
    def promises(self) -> None:
        if self.folder is None:
            return
        with self.platform.db.read() as conn:
            job, stages = reading.job(conn, self.job_id), reading.stages(conn, self.job_id)
            effects = conn.execute(
                select(JobMetrics.stage, JobMetrics.chunk).where(JobMetrics.outcome == "succeeded")
            ).all()
            versions = [e.version for e in reading.events_after(conn, self.job_id, 0)]
        assert job is not None
        assert versions == list(range(1, job.version + 1))
        assert len(set(effects)) == len(effects), "an effect was committed twice"
        for stage in stages:
            if stage.state == "succeeded":
                assert stage.result["lease"] in self.won
            assert stage.failures <= 2
        ended = all(stage.state in ENDED_STAGE for stage in stages)
        assert (job.status in ENDED_JOB) == ended, "a job ends exactly when nothing can run"
        if job.status == "succeeded":
            assert all(
                s.state == "succeeded" for s in stages if s.name in ("only", "two", "bottom", "gather")
            )
        waiting = [s for s in stages if s.state == "waiting"]
        live = [s for s in stages if s.state in ("ready", "published", "running")]
        assert live or not waiting or job.admission == "waiting", "a stage waits for ever"
        assert job.admission is None or not ended

    def teardown(self) -> None:
        if self.folder is not None:
            self.platform.db.close()
            self.folder.cleanup()


JobLife.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestJobLife = JobLife.TestCase
