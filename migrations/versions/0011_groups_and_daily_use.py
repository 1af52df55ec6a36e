"""Groups of jobs; how many jobs an owner submitted on a day

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


# As finish_only_stage_1, which workers of the version before still call; it tells the group, too.
FINISH = """
CREATE FUNCTION finish_only_stage_2(
  of_job varchar, of_stage bigint, of_lease varchar, new_result jsonb, processing_time double precision,
  cpu_time double precision, queue_wait double precision, peak_memory_usage bigint, input_bytes bigint,
  output_bytes bigint, by_worker varchar, reused boolean
) RETURNS TABLE (version bigint, leaves_room boolean, group_id varchar) LANGUAGE plpgsql AS $$
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
     OR EXISTS (SELECT FROM webhooks hook WHERE hook.owner_id = job.owner_id AND hook.enabled) THEN
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
  RETURN QUERY SELECT job.version + 2, job.admission IS NOT NULL, job.group_id;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "job_groups",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("idempotency_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_job_groups_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_groups")),
        sa.UniqueConstraint(
            "owner_id", "idempotency_key", name=op.f("uq_job_groups_owner_id_idempotency_key")
        ),
    )
    op.create_index("ix_job_groups_owner_created", "job_groups", ["owner_id", "created_at", "id"])
    op.create_index(
        "ix_job_groups_open", "job_groups", ["created_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "daily_use",
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_daily_use_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "day", name=op.f("pk_daily_use")),
    )
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("group_id", sa.String(length=40), nullable=True))
        jobs.create_index(
            "ix_jobs_group", ["group_id", "id"], postgresql_where=sa.text("group_id IS NOT NULL")
        )
        jobs.create_index(
            "ix_jobs_group_live",
            ["group_id"],
            postgresql_where=sa.text("group_id IS NOT NULL AND ended_at IS NULL"),
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FINISH)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION finish_only_stage_2")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index("ix_jobs_group_live")
        jobs.drop_index("ix_jobs_group")
        jobs.drop_column("group_id")
    op.drop_table("daily_use")
    op.drop_table("job_groups")
