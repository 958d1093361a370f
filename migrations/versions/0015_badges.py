"""Badges of a district and a street: what is open by state, and what came back, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

OPEN = "state NOT IN ('closed', 'merged')"
INDEXES = {
    f"ix_reports_{kind}_{level}{end}": ([f"{level}_code", *by, "due_at", "id"], condition)
    for level in ("district", "street")
    for kind, end, by, condition in (
        ("open", "_state", ["state"], OPEN),
        ("come_back", "", [], f"{OPEN} AND reopened > 0"),
    )
}


def upgrade() -> None:
    for name, (columns, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "reports", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="reports")
