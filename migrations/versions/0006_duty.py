"""Duty: when a member may be asked, leave, the way into the grid, rules of routing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATES = "state IN ('invited', 'asked', 'approved', 'refused', 'withdrawn')"


def upgrade() -> None:
    with op.batch_alter_table("members") as members:
        members.add_column(sa.Column("windows", sa.JSON(), nullable=False, server_default="[]"))
        members.add_column(sa.Column("quiet", sa.JSON(), nullable=False, server_default="[]"))
        members.add_column(
            sa.Column("rests_on_holidays", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        members.add_column(sa.Column("cap", sa.Integer(), nullable=True))
        members.add_column(sa.Column("tap", sa.Boolean(), nullable=True))
        members.add_column(sa.Column("tap_until", MOMENT, nullable=True))
        members.add_column(sa.Column("suspended_at", MOMENT, nullable=True))
        members.add_column(sa.Column("ended_at", MOMENT, nullable=True))
        members.create_check_constraint("ck_members_cap_positive", "cap IS NULL OR cap > 0")
    op.create_table(
        "member_leaves",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("substitute_id", ID, nullable=True),
        sa.Column("set_by_id", ID, nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_member_leaves_some_time"),
        sa.CheckConstraint("substitute_id <> member_id", name="ck_member_leaves_somebody_else"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_member_leaves_member_id"),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["members.id"], name="fk_member_leaves_substitute_id"
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["accounts.id"], name="fk_member_leaves_set_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_member_leaves"),
    )
    op.create_index("ix_member_leaves_member", "member_leaves", ["member_id", "ends_at"])
    op.create_table(
        "enrolments",
        sa.Column("id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("grids", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rider", sa.Boolean(), nullable=False),
        sa.Column("invited_by_id", ID, nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.CheckConstraint(STATES, name="ck_enrolments_state_known"),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["accounts.id"], name="fk_enrolments_invited_by_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_enrolments_device_id"),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name="fk_enrolments_decided_by_id"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_enrolments_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("code_hash", name="uq_enrolments_code_hash"),
    )
    op.create_index("ix_enrolments_area_code", "enrolments", ["area_code"])
    op.create_table(
        "routing_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("conditions", DOCUMENT, nullable=False),
        sa.Column("aim", sa.String(length=8), nullable=False),
        sa.Column("aim_area", sa.String(length=32), nullable=True),
        sa.Column("aim_account_id", ID, nullable=True),
        sa.Column("set_by_id", ID, nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "aim IN ('member', 'area', 'desk', 'owner')", name="ck_routing_rules_aim_known"
        ),
        sa.CheckConstraint(
            "aim <> 'member' OR aim_account_id IS NOT NULL",
            name="ck_routing_rules_aim_names_member",
        ),
        sa.CheckConstraint(
            "aim NOT IN ('area', 'desk') OR aim_area IS NOT NULL",
            name="ck_routing_rules_aim_names_area",
        ),
        sa.ForeignKeyConstraint(
            ["aim_account_id"], ["accounts.id"], name="fk_routing_rules_aim_account_id"
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["accounts.id"], name="fk_routing_rules_set_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_routing_rules"),
    )
    op.create_index("ix_routing_rules_area", "routing_rules", ["area_code", "position", "id"])


def downgrade() -> None:
    op.drop_table("routing_rules")
    op.drop_table("enrolments")
    op.drop_table("member_leaves")
    with op.batch_alter_table("members") as members:
        members.drop_constraint("ck_members_cap_positive", type_="check")
        for column in (
            "ended_at",
            "suspended_at",
            "tap_until",
            "tap",
            "cap",
            "rests_on_holidays",
            "quiet",
            "windows",
        ):
            members.drop_column(column)
