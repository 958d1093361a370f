"""Likeness: the cell of a report's place, what was found like it, photos found by their bytes."""

import sqlalchemy as sa
from alembic import op

from civicprobe.reports.likeness import cell_of

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state NOT IN ('closed', 'merged')")
BATCH = 5_000


def upgrade() -> None:
    op.add_column("reports", sa.Column("cell", sa.BigInteger(), nullable=True))
    _fill_cells()
    op.create_index(
        "ix_reports_open_cell",
        "reports",
        ["cell", "created_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_reports_cell", "reports", ["cell", "category_code", "created_at"])
    op.create_index("ix_photos_sha256", "photos", ["sha256"])
    op.create_index("ix_photos_dhash", "photos", ["dhash"])
    op.create_table(
        "resemblances",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_resemblances_report_id"),
        sa.ForeignKeyConstraint(["other_id"], ["reports.id"], name="fk_resemblances_other_id"),
        sa.PrimaryKeyConstraint("report_id", "other_id", name="pk_resemblances"),
    )
    op.create_index("ix_resemblances_other_id", "resemblances", ["other_id"])


def downgrade() -> None:
    op.drop_table("resemblances")
    op.drop_index("ix_photos_dhash", "photos")
    op.drop_index("ix_photos_sha256", "photos")
    op.drop_index("ix_reports_cell", "reports")
    op.drop_index("ix_reports_open_cell", "reports")
    op.drop_column("reports", "cell")


def _fill_cells() -> None:
    connection = op.get_bind()
    wanted = sa.text(
        "SELECT id, lat, lon FROM reports WHERE lat IS NOT NULL AND cell IS NULL "
        "ORDER BY id LIMIT :most"
    )
    while rows := connection.execute(wanted, {"most": BATCH}).all():
        connection.execute(
            sa.text("UPDATE reports SET cell = :cell WHERE id = :id"),
            [{"id": row.id, "cell": cell_of(row.lat, row.lon)} for row in rows],
        )
