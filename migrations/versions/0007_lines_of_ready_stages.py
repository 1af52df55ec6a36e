"""Ready stages stand in lines: one a queue, owner and priority

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ready = sa.text("state = 'ready'")
    op.drop_index("ix_stages_ready", "stages")
    op.create_index("ix_stages_ready", "stages", ["queue", "priority", "run_at"], postgresql_where=ready)
    columns = ["queue", "owner_id", "priority", "ready_at", "id"]
    op.create_index("ix_stages_line", "stages", columns, postgresql_where=ready, sqlite_where=ready)


def downgrade() -> None:
    ready = sa.text("state = 'ready'")
    op.drop_index("ix_stages_ready", "stages")
    op.create_index("ix_stages_ready", "stages", ["queue", "run_at"], postgresql_where=ready)
    op.drop_index("ix_stages_line", "stages")
