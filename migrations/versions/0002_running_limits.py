"""Running limits: jobs wait to be admitted; the local user and the schedule have none

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("admission", sa.String(length=10), nullable=True))
        jobs.create_index(
            "ix_jobs_admission",
            ["owner_id", "admission"],
            postgresql_where=sa.text("admission IS NOT NULL"),
        )
    op.execute("UPDATE owners SET tier = 'unlimited' WHERE id IN ('local', 'system')")


def downgrade() -> None:
    op.execute("UPDATE owners SET tier = 'enterprise' WHERE id IN ('local', 'system')")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index("ix_jobs_admission")
        jobs.drop_column("admission")
