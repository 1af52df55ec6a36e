"""Keys have scopes and may expire

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    # the only keys so far are first ones, which may do everything
    everything = sa.text("""'["admin", "read", "write"]'""")
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("scopes", JSON, nullable=False, server_default=everything))
        keys.add_column(sa.Column("expires_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("api_keys") as keys:
        keys.alter_column("scopes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as keys:
        keys.drop_column("expires_at")
        keys.drop_column("scopes")
