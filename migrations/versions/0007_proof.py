"""Proof: events are known by report and number alone; daily seals; walks over the chains."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_report_events", "report_events")
        op.drop_constraint("uq_report_events_report_id_seq", "report_events")
        op.drop_column("report_events", "id")
        op.create_primary_key("pk_report_events", "report_events", ["report_id", "seq"])
    else:
        with op.batch_alter_table("report_events", recreate="always") as batch:
            batch.drop_constraint("pk_report_events", type_="primary")
            batch.drop_constraint("uq_report_events_report_id_seq", type_="unique")
            batch.drop_column("id")
            batch.create_primary_key("pk_report_events", ["report_id", "seq"])
        _guard_again()
    op.create_table(
        "seals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("heads_hash", sa.String(64), nullable=False),
        sa.Column("before_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seals"),
        sa.UniqueConstraint("day", name="uq_seals_day"),
    )
    op.create_table(
        "sealed_heads",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name="fk_sealed_heads_seal_id"),
        sa.PrimaryKeyConstraint("report_id", "seq", name="pk_sealed_heads"),
    )
    op.create_index("ix_sealed_heads_seal_id", "sealed_heads", ["seal_id"])
    op.create_table(
        "proof_walks",
        sa.Column("id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("after_id", ID, nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proof_walks"),
    )


def downgrade() -> None:
    for table in ("proof_walks", "sealed_heads", "seals"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_report_events", "report_events")
        op.execute("ALTER TABLE report_events ADD COLUMN id BIGSERIAL")
        op.create_primary_key("pk_report_events", "report_events", ["id"])
        op.create_unique_constraint(
            "uq_report_events_report_id_seq", "report_events", ["report_id", "seq"]
        )
        return
    with op.batch_alter_table("report_events", recreate="always") as batch:
        batch.drop_constraint("pk_report_events", type_="primary")
        batch.add_column(sa.Column("id", ID, nullable=False))
        batch.create_primary_key("pk_report_events", ["id"])
        batch.create_unique_constraint("uq_report_events_report_id_seq", ["report_id", "seq"])
    _guard_again()


def _guard_again() -> None:
    """SQLite forgets the triggers of a table that is made anew."""
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER report_events_no_{change.lower()} BEFORE {change} "
            "ON report_events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
        )
