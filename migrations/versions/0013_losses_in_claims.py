"""A claim tells how often the stage was lost; three indexes leave out the jobs that have nothing for them

PostgreSQL only.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As claim_stage_1, which workers of the version before still call; it tells the losses, too.
CLAIM = """
CREATE FUNCTION claim_stage_2(
  for_job varchar, for_stage bigint, new_lease varchar, by_worker varchar, lease_us bigint, hard_us bigint
) RETURNS TABLE (
  owner_id varchar, name varchar, chunk integer, params jsonb, failures integer, losses integer,
  started_at bigint, ready_at bigint, version bigint, kind varchar, title varchar, job_params jsonb,
  source jsonb, deck jsonb
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
    stage.losses, stage.started_at, stage.ready_at, job.version + 1, job.kind, job.title, job.params,
    job.source, job.deck;
END $$
"""

SPARSE = {
    "ix_jobs_ended": "ended_at",
    "ix_jobs_source_digest": "source_digest",
    "ix_jobs_deck_digest": "deck_digest",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CLAIM)
        for name, column in SPARSE.items():
            op.drop_index(name, table_name="jobs")
            op.create_index(name, "jobs", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION claim_stage_2")
        for name, column in SPARSE.items():
            op.drop_index(name, table_name="jobs")
            op.create_index(name, "jobs", [column])
