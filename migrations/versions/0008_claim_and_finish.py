"""Claim and finish as functions of the database: one round trip, and plans that it keeps

PostgreSQL only; over SQLite, and for all but the simple end, the same is done statement by statement.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A function that must change gets a new name: workers of the version before still call this one.
# Each statement finds its row by its key alone: a planner that has seen few running rows would else look
# through an index of all that run.
CLAIM = """
CREATE FUNCTION claim_stage_1(
  for_job varchar, for_stage bigint, new_lease varchar, by_worker varchar, lease_us bigint, hard_us bigint
) RETURNS TABLE (
  owner_id varchar, name varchar, chunk integer, params jsonb, failures integer, started_at bigint,
  ready_at bigint, version bigint, kind varchar, title varchar, job_params jsonb, source jsonb, deck jsonb
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  job jobs%ROWTYPE;
  stage stages%ROWTYPE;
  clock bigint;
BEGIN
  SELECT * INTO job FROM jobs WHERE id = for_job FOR UPDATE;
  IF NOT FOUND OR job.status NOT IN ('queued', 'running') THEN
    RETURN;
  END IF;
  SELECT * INTO stage FROM stages WHERE id = for_stage AND job_id = for_job FOR UPDATE;
  clock := extract(epoch FROM clock_timestamp()) * 1000000;
  IF stage.state = 'published' THEN
    stage.started_at := clock;
    stage.lease_until := clock + lease_us;
    stage.deadline_at := clock + hard_us;
  ELSIF stage.state IS DISTINCT FROM 'running' OR stage.lease_id IS DISTINCT FROM new_lease THEN
    RETURN;
  END IF;
  UPDATE stages
     SET state = 'running', lease_id = new_lease, worker = by_worker, awaits_key = NULL,
         started_at = stage.started_at, lease_until = stage.lease_until, deadline_at = stage.deadline_at
   WHERE id = for_stage;
  UPDATE jobs
     SET status = 'running', version = job.version + 1, started_at = coalesce(job.started_at, clock)
   WHERE id = for_job;
  INSERT INTO events (job_id, owner_id, version, type, data, at)
  VALUES (for_job, job.owner_id, job.version + 1, 'stage.started', jsonb_build_object(
    'stage', stage.name, 'chunk', stage.chunk, 'worker', by_worker, 'status', 'running'), clock);
  RETURN QUERY SELECT stage.owner_id, stage.name, stage.chunk, stage.params, stage.failures,
    stage.started_at, stage.ready_at, job.version + 1, job.kind, job.title, job.params, job.source, job.deck;
END $$
"""

FINISH = """
CREATE FUNCTION finish_only_stage_1(
  of_job varchar, of_stage bigint, of_lease varchar, new_result jsonb, processing_time double precision,
  cpu_time double precision, queue_wait double precision, peak_memory_usage bigint, input_bytes bigint,
  output_bytes bigint, by_worker varchar, reused boolean
) RETURNS TABLE (version bigint, leaves_room boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  job jobs%ROWTYPE;
  stage stages%ROWTYPE;
  clock bigint;
BEGIN
  SELECT * INTO job FROM jobs WHERE id = of_job FOR UPDATE;
  IF NOT FOUND OR job.status <> 'running' THEN
    RETURN;
  END IF;
  SELECT * INTO stage FROM stages WHERE id = of_stage AND job_id = of_job FOR UPDATE;
  IF NOT FOUND OR stage.state <> 'running' OR stage.lease_id IS DISTINCT FROM of_lease
     OR EXISTS (SELECT FROM stages other WHERE other.job_id = of_job AND other.id <> of_stage)
     OR EXISTS (SELECT FROM webhooks hook WHERE hook.owner_id = job.owner_id AND hook.enabled)
     OR to_jsonb(job) ->> 'group_id' IS NOT NULL THEN  -- a column that a later revision adds
    RETURN;
  END IF;
  clock := extract(epoch FROM clock_timestamp()) * 1000000;
  UPDATE stages SET state = 'succeeded', result = new_result, error = NULL, ended_at = clock
   WHERE id = of_stage;
  INSERT INTO job_metrics (job_id, owner_id, stage, chunk, outcome, processing_time, cpu_time, queue_wait,
    peak_memory_usage, input_bytes, output_bytes, worker, reused, created_at)
  VALUES (of_job, job.owner_id, stage.name, stage.chunk, 'succeeded', processing_time, cpu_time, queue_wait,
    peak_memory_usage, input_bytes, output_bytes, by_worker, reused, clock);
  UPDATE jobs SET status = 'succeeded', version = job.version + 2, ended_at = clock, admission = NULL
   WHERE id = of_job;
  INSERT INTO events (job_id, owner_id, version, type, data, at) VALUES
    (of_job, job.owner_id, job.version + 1, 'stage.succeeded', jsonb_build_object(
      'stage', stage.name, 'chunk', stage.chunk, 'reused', reused, 'status', 'succeeded'), clock),
    (of_job, job.owner_id, job.version + 2, 'job.succeeded', jsonb_build_object(
      'status', 'succeeded'), clock);
  RETURN QUERY SELECT job.version + 2, job.admission IS NOT NULL;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CLAIM)
        op.execute(FINISH)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION claim_stage_1")
        op.execute("DROP FUNCTION finish_only_stage_1")
