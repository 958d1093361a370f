"""Which area of a new edition follows one that ceased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "area_successions",
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("successor_code", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_area_successions_edition_id"
        ),
        sa.PrimaryKeyConstraint("edition_id", "code", name="pk_area_successions"),
    )


def downgrade() -> None:
    op.drop_table("area_successions")
