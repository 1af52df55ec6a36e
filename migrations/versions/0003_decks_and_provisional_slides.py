"""A deck beside the recording; slides shown while the rest is looked at

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("deck", JSON, nullable=True))
        jobs.add_column(sa.Column("deck_digest", sa.String(length=64), nullable=True))
        jobs.create_foreign_key(op.f("fk_jobs_deck_digest"), "files", ["deck_digest"], ["digest"])
        jobs.create_index(op.f("ix_jobs_deck_digest"), ["deck_digest"], unique=False)
    with op.batch_alter_table("slides") as slides:
        slides.add_column(sa.Column("part", sa.Integer(), nullable=True))
        slides.add_column(sa.Column("deck_page", sa.Integer(), nullable=True))
        slides.add_column(sa.Column("recorded_name", sa.String(length=100), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM slides WHERE part IS NOT NULL")
    with op.batch_alter_table("slides") as slides:
        slides.drop_column("recorded_name")
        slides.drop_column("deck_page")
        slides.drop_column("part")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index(op.f("ix_jobs_deck_digest"))
        jobs.drop_constraint(op.f("fk_jobs_deck_digest"), type_="foreignkey")
        jobs.drop_column("deck_digest")
        jobs.drop_column("deck")
