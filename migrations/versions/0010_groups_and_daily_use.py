"""Groups of jobs; how many jobs an owner submitted on a day

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index("ix_jobs_group_live")
        jobs.drop_index("ix_jobs_group")
        jobs.drop_column("group_id")
    op.drop_table("daily_use")
    op.drop_table("job_groups")
