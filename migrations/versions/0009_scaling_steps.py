"""What the autoscaler did, and its role

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scaling_steps",
        sa.Column("id", IDENTITY, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("pool", sa.String(20), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scaling_steps"),
    )
    op.execute("INSERT INTO slots (name, holder, until) VALUES ('autoscaler', '', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM slots WHERE name = 'autoscaler'")
    op.drop_table("scaling_steps")
