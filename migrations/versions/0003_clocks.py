"""Clocks: time limits and calendar days as data, the clocks of reports, when each is due."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
RUNNING = sa.text("ended_at IS NULL")
OPEN = sa.text("state NOT IN ('closed', 'merged')")
LOOKED_AT = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "time_limits",
        sa.Column("id", ID, nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("category_code", sa.String(length=32), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("set_by_id", ID, nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_time_limits_amount_positive"),
        sa.ForeignKeyConstraint(
            ["category_code"], ["categories.code"], name="fk_time_limits_category_code"
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["accounts.id"], name="fk_time_limits_set_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_time_limits"),
    )
    op.create_index("ix_time_limits_stage", "time_limits", ["stage", "until"])
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("set_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["set_by_id"], ["accounts.id"], name="fk_calendar_days_set_by_id"),
        sa.PrimaryKeyConstraint("day", name="pk_calendar_days"),
    )
    op.create_table(
        "clocks",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("pauses", sa.JSON(), nullable=False),
        sa.Column("warn_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("thrice_at", MOMENT, nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("told", sa.String(length=8), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_clocks_report_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clocks"),
    )
    op.create_index("ix_clocks_report", "clocks", ["report_id", "stage"])
    op.create_index(
        "uq_clocks_running",
        "clocks",
        ["report_id", "stage"],
        unique=True,
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    )
    op.create_index(
        "ix_clocks_next",
        "clocks",
        ["next_at", "id"],
        postgresql_where=LOOKED_AT,
        sqlite_where=LOOKED_AT,
    )
    op.add_column("reports", sa.Column("due_at", MOMENT, nullable=True))
    _order_by("due_at")


def downgrade() -> None:
    _order_by("created_at")
    op.drop_column("reports", "due_at")
    op.drop_table("clocks")
    op.drop_table("calendar_days")
    op.drop_table("time_limits")


def _order_by(moment: str) -> None:
    """The open queues stand in the order in which they are due."""
    for name in ("assignee", "unit", "street", "district"):
        op.drop_index(f"ix_reports_open_{name}", "reports")
        column = f"{name}_id" if name in ("assignee", "unit") else f"{name}_code"
        op.create_index(
            f"ix_reports_open_{name}",
            "reports",
            [column, moment, "id"],
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        )
