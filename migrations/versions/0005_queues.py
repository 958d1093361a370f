"""Queues: indexes of views and filters, terms to find words by, snoozes, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TERM = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
OPEN = "state NOT IN ('closed', 'merged')"
LEVELS = ("street", "district", "community", "general", "micro")


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)


def upgrade() -> None:
    for column in ("city", "category"):
        _index(
            f"ix_reports_open_{column}", "reports", [f"{column}_code", "due_at", "id"], where=OPEN
        )
    _index(
        "ix_reports_open_city_state",
        "reports",
        ["city_code", "state", "due_at", "id"],
        where=OPEN,
    )
    _index("ix_reports_come_back", "reports", ["due_at", "id"], where=f"{OPEN} AND reopened > 0")
    for level in LEVELS:
        _index(f"ix_reports_past_{level}", "reports", [f"{level}_code", "created_at", "id"])
    for who in ("assignee", "unit"):
        _index(f"ix_reports_past_{who}", "reports", [f"{who}_id", "created_at", "id"])
    _index(
        "ix_clocks_thrice", "clocks", ["report_id"], where="ended_at IS NULL AND told = 'thrice'"
    )
    op.create_table(
        "search_terms",
        sa.Column("term", TERM, nullable=False),
        sa.Column("sounds", TERM, nullable=False),
        sa.Column("initials", TERM, nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_search_terms"),
    )
    op.create_index("ix_search_terms_sounds", "search_terms", ["sounds"])
    op.create_index("ix_search_terms_initials", "search_terms", ["initials"])
    op.create_table(
        "search_postings",
        sa.Column("term", TERM, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_search_postings_report_id"),
        sa.PrimaryKeyConstraint("term", "report_id", "audience", name="pk_search_postings"),
    )
    op.create_index("ix_search_postings_report_id", "search_postings", ["report_id"])
    op.create_table(
        "snoozes",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_snoozes_account_id"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_snoozes_report_id"),
        sa.PrimaryKeyConstraint("account_id", "report_id", name="pk_snoozes"),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_saved_views_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("account_id", "name", name="uq_saved_views_account_id_name"),
    )


def downgrade() -> None:
    for table in ("saved_views", "snoozes", "search_postings", "search_terms"):
        op.drop_table(table)
    op.drop_index("ix_clocks_thrice", "clocks")
    for name in ("come_back", "open_city_state", "open_category", "open_city"):
        op.drop_index(f"ix_reports_{name}", "reports")
    for name in (*LEVELS, "assignee", "unit"):
        op.drop_index(f"ix_reports_past_{name}", "reports")
