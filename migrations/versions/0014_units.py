"""Whom a desk calls at a handling unit; the whistles that are open, by their due time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for name, size in (("contact", 64), ("phone", 32)):
        op.add_column(
            "units", sa.Column(name, sa.String(length=size), nullable=False, server_default="")
        )
    open_ones = sa.text("state IN ('called', 'acknowledged', 'on_site')")
    op.create_index(
        "ix_whistles_open",
        "whistles",
        ["due_at"],
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )


def downgrade() -> None:
    op.drop_index("ix_whistles_open", table_name="whistles")
    for name in ("phone", "contact"):
        op.drop_column("units", name)
