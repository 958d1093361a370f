"""Hands: ties and merges, marks, alarms, whistles, rulings, what can be undone, unmasking."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DATA = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
COUNTS = ("followers", "suspensions", "extensions", "returns", "handovers")
MARKS = ("about_us", "ranked_last", "raised", "ruled", "appealed")
POINTERS = (
    ("reports", "primary_id", "reports"),
    ("reports", "urgent_owner_id", "accounts"),
    ("clocks", "whistle_id", "whistles"),
)
TABLES = (
    "undoables",
    "rulings",
    "whistles",
    "confirmations",
    "unmaskings",
    "alarms",
    "namings",
    "ties",
)


def upgrade() -> None:
    _bonds()
    _orders()
    for name in ("before_state", "reminded_at"):
        kind = MOMENT if name.endswith("_at") else sa.String(length=16)
        op.add_column("reports", sa.Column(name, kind, nullable=True))
    for name in COUNTS:
        number = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("reports", number)
    for name in MARKS:
        mark = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column("reports", mark)
    for table, name, of in POINTERS:
        _point(table, name, of)
    op.create_index("ix_reports_primary", "reports", ["primary_id"])
    op.add_column("clocks", sa.Column("until_at", MOMENT, nullable=True))
    _running("ended_at IS NULL AND whistle_id IS NULL")


def downgrade() -> None:
    op.execute("DELETE FROM clocks WHERE whistle_id IS NOT NULL")
    _running("ended_at IS NULL")
    op.drop_index("ix_reports_primary", "reports")
    for table, name, _ in POINTERS:
        op.drop_column(table, name)
    for name in (*COUNTS, *MARKS, "before_state", "reminded_at"):
        op.drop_column("reports", name)
    op.drop_column("clocks", "until_at")
    for table in TABLES:
        op.drop_table(table)


def _running(where: str) -> None:
    op.drop_index("uq_clocks_running", "clocks")
    op.create_index(
        "uq_clocks_running",
        "clocks",
        ["report_id", "stage"],
        unique=True,
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )


def _point(table: str, column: str, of: str) -> None:
    """A column that names a row of another table; SQLite takes that with the column only."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER REFERENCES {of} (id)")
        return
    op.add_column(table, sa.Column(column, ID, nullable=True))
    op.create_foreign_key(f"fk_{table}_{column}", table, of, [column], ["id"])


def _to(table: str, column: str, of: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.{key}"], name=f"fk_{table}_{column}")


def _bonds() -> None:
    op.create_table(
        "ties",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("via_id", ID, nullable=True),
        sa.Column("since", MOMENT, nullable=False),
        _to("ties", "report_id", "reports"),
        _to("ties", "device_id", "devices"),
        _to("ties", "via_id", "reports"),
        sa.PrimaryKeyConstraint("id", name="pk_ties"),
    )
    op.create_index("ix_ties_report", "ties", ["report_id", "kind", "since"])
    op.create_index("ix_ties_device", "ties", ["device_id", "report_id"])
    op.create_index("ix_ties_via", "ties", ["via_id"])
    op.create_table(
        "namings",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.CheckConstraint(
            "area_code IS NOT NULL OR unit_id IS NOT NULL OR account_id IS NOT NULL",
            name="ck_namings_names_somebody",
        ),
        _to("namings", "report_id", "reports"),
        _to("namings", "unit_id", "units"),
        _to("namings", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_namings"),
    )
    op.create_index("ix_namings_report_id", "namings", ["report_id"])
    op.create_table(
        "alarms",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("called_at", MOMENT, nullable=False),
        _to("alarms", "report_id", "reports"),
        _to("alarms", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("report_id", "account_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_account", "alarms", ["account_id", "report_id"])
    op.create_table(
        "unmaskings",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("granted_by_id", ID, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        _to("unmaskings", "report_id", "reports"),
        _to("unmaskings", "asked_by_id", "accounts"),
        _to("unmaskings", "granted_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_unmaskings"),
    )
    op.create_index("ix_unmaskings_report_id", "unmaskings", ["report_id"])
    op.create_table(
        "confirmations",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("proposal", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        _to("confirmations", "report_id", "reports"),
        _to("confirmations", "device_id", "devices"),
        sa.PrimaryKeyConstraint("report_id", "device_id", "proposal", name="pk_confirmations"),
    )


def _orders() -> None:
    op.create_table(
        "undoables",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("before", DATA, nullable=False),
        _to("undoables", "report_id", "reports"),
        _to("undoables", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("report_id", name="pk_undoables"),
    )
    op.create_table(
        "whistles",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("called_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _to("whistles", "report_id", "reports"),
        _to("whistles", "unit_id", "units"),
        sa.PrimaryKeyConstraint("id", name="pk_whistles"),
    )
    op.create_index("ix_whistles_report", "whistles", ["report_id", "id"])
    op.create_index("ix_whistles_unit", "whistles", ["unit_id", "state"])
    op.create_table(
        "rulings",
        sa.Column("id", ID, nullable=False),
        sa.Column("category_code", sa.String(length=32), nullable=True),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("desk_code", sa.String(length=32), nullable=True),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("ruled_by_id", ID, nullable=False),
        sa.Column("ruled_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        _to("rulings", "category_code", "categories", "code"),
        _to("rulings", "unit_id", "units"),
        _to("rulings", "report_id", "reports"),
        _to("rulings", "ruled_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_rulings"),
    )
    op.create_index("ix_rulings_area", "rulings", ["area_code", "category_code"])
