"""Phones of one rider, codes that link them; discreet reports; how far riders get, without who."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("devices") as table:
        table.add_column(sa.Column("rider_id", ID, nullable=True))
        table.create_foreign_key("fk_devices_rider_id_devices", "devices", ["rider_id"], ["id"])
        table.create_index("ix_devices_rider_id", ["rider_id"])
    op.add_column(
        "reports", sa.Column("discreet", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "phone_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_phone_codes_device_id_devices"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_phone_codes"),
        sa.UniqueConstraint("code_hash", name="uq_phone_codes_code_hash"),
    )
    op.create_index("ix_phone_codes_device_id", "phone_codes", ["device_id"])
    op.create_table(
        "client_steps",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shell", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("within_s", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "shell", "step", "within_s", name="pk_client_steps"),
    )


def downgrade() -> None:
    op.drop_table("client_steps")
    op.drop_table("phone_codes")
    op.drop_column("reports", "discreet")
    with op.batch_alter_table("devices") as table:
        table.drop_index("ix_devices_rider_id")
        table.drop_constraint("fk_devices_rider_id_devices", type_="foreignkey")
        table.drop_column("rider_id")
