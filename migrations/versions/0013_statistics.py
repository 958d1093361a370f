"""Statistics (a fact for each report, weekly counts) and the audit of deeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "case_facts",
        sa.Column("report_id", ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("city_code", sa.String(length=32), nullable=False),
        *(
            sa.Column(f"{level}_code", sa.String(length=32), nullable=True)
            for level in ("district", "street", "community")
        ),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("grade", sa.SmallInteger(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        *(
            sa.Column(f"{stage}_b", sa.SmallInteger(), nullable=True)
            for stage in ("verified", "dispatched", "handled", "handling", "closed")
        ),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("returns", sa.SmallInteger(), nullable=False),
        sa.Column("reworks", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_case_facts_report_id"),
        sa.PrimaryKeyConstraint("report_id", name="pk_case_facts"),
    )
    op.create_index("ix_case_facts_week", "case_facts", ["week"])
    op.create_index("ix_case_facts_street", "case_facts", ["street_code", "week"])
    op.create_index("ix_case_facts_district", "case_facts", ["district_code", "week"])
    op.create_index("ix_case_facts_spot", "case_facts", ["created_at", "category", "cell"])
    op.create_index(
        "ix_case_facts_open",
        "case_facts",
        ["report_id"],
        postgresql_where=sa.text("closed_b IS NULL"),
        sqlite_where=sa.text("closed_b IS NULL"),
    )
    op.create_table(
        "week_counts",
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent_code", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "area_code", "kind", "week", "category", "key", "parent_code", name="pk_week_counts"
        ),
    )
    op.create_index("ix_week_counts_parent", "week_counts", ["parent_code", "kind", "week"])
    op.create_index("ix_week_counts_week", "week_counts", ["week"])
    op.create_table(
        "stats_marks",
        sa.Column("id", ID, nullable=False),
        sa.Column("compared_at", MOMENT, nullable=True),
        sa.Column("rolled_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stats_marks"),
    )

    op.create_table(
        "audit_rows",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_rows"),
    )
    op.create_index("ix_audit_rows_what", "audit_rows", ["what", "id"])
    op.create_index("ix_audit_rows_subject", "audit_rows", ["subject", "id"])


def downgrade() -> None:
    for table in ("audit_rows", "stats_marks", "week_counts", "case_facts"):
        op.drop_table(table)
