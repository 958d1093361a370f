"""What a page counts or lists by state has an index: provisional clocks, open invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

RUNNING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_clocks_provisional",
        "clocks",
        ["provisional"],
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    )
    op.create_index("ix_enrolments_state", "enrolments", ["state", "expires_at"])


def downgrade() -> None:
    op.drop_index("ix_enrolments_state", table_name="enrolments")
    op.drop_index("ix_clocks_provisional", table_name="clocks")
