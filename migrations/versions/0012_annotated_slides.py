"""The picture of a slide with what was written on it, beside the one without

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("slides") as slides:
        slides.add_column(sa.Column("annotated_name", sa.String(length=100), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("slides") as slides:
        slides.drop_column("annotated_name")
