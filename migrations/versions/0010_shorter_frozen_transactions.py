"""A client that froze in a transaction is cut off after 10 s, not 60

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow("10s")


def downgrade() -> None:
    _allow("60s")


def _allow(how_long: str) -> None:
    """No transaction of ours waits for anything but the database, so seconds are plenty."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"""DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = %L',
                       current_database(), '{how_long}');
        EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"""
    )
