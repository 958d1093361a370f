"""All tables of the first form; events are append-only by trigger on both databases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DATA = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

TABLES = (
    "editions",
    "outbox",
    "units",
    "accounts",
    "areas",
    "categories",
    "devices",
    "members",
    "api_tokens",
    "member_grids",
    "notices",
    "reports",
    "action_answers",
    "event_privates",
    "photos",
    "report_events",
)

REFUSE_ON_POSTGRESQL = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("activated_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state = 'draft' OR checksum IS NOT NULL", name="ck_editions_used_has_checksum"
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'retired')", name="ck_editions_state_known"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("name", name="uq_editions_name"),
    )
    op.create_index(
        "uq_editions_one_active",
        "editions",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )

    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("payload", DATA, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_outbox_ended", "outbox", ["state", "ended_at"])

    op.create_table(
        "units",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("code", name="uq_units_code"),
    )
    op.create_index("ix_units_area_code", "units", ["area_code"])

    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("tf_primary_method", sa.String(length=64), nullable=True),
        sa.Column("tf_totp_secret", sa.Text(), nullable=True),
        sa.Column("tf_phone_number", sa.String(length=32), nullable=True),
        sa.Column("tf_last_counter", sa.BigInteger(), nullable=True),
        sa.Column("reset_hash", sa.String(length=64), nullable=True),
        sa.Column("reset_until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_accounts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("fs_uniquifier", name="uq_accounts_fs_uniquifier"),
        sa.UniqueConstraint("username", name="uq_accounts_username"),
    )
    op.create_index("ix_accounts_area_code", "accounts", ["area_code"])
    op.create_index("ix_accounts_unit_id", "accounts", ["unit_id"])

    op.create_table(
        "areas",
        sa.Column("id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("parent_code", sa.String(length=32), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("polygon", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_areas_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_areas"),
        sa.UniqueConstraint("edition_id", "code", name="uq_areas_edition_id_code"),
    )
    op.create_index("ix_areas_level", "areas", ["edition_id", "level"])
    op.create_index("ix_areas_parent", "areas", ["edition_id", "parent_code"])

    op.create_table(
        "categories",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=32), nullable=False),
        sa.Column("name_en", sa.String(length=48), nullable=False),
        sa.Column("major", sa.String(length=32), nullable=False),
        sa.Column("icon", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("self_service", sa.Boolean(), nullable=False),
        sa.Column("default_unit_id", ID, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["default_unit_id"], ["units.id"], name="fk_categories_default_unit_id"
        ),
        sa.PrimaryKeyConstraint("code", name="pk_categories"),
    )
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_devices_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("token_hash", name="uq_devices_token_hash"),
    )
    op.create_index("ix_devices_account_id", "devices", ["account_id"])

    op.create_table(
        "members",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('part_time', 'full_time')", name="ck_members_kind_known"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_members_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("account_id", name="uq_members_account_id"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("scopes", DATA, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (device_id IS NULL)", name="ck_api_tokens_one_holder"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_api_tokens_account_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_api_tokens_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_account_id", "api_tokens", ["account_id"])
    op.create_index("ix_api_tokens_device_id", "api_tokens", ["device_id"])

    op.create_table(
        "member_grids",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("area_code", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_member_grids_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "area_code", name="pk_member_grids"),
    )
    op.create_index("ix_member_grids_area_code", "member_grids", ["area_code"])

    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("matter", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (device_id IS NULL)", name="ck_notices_one_person"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_notices_account_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_notices_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("account_id", "matter", name="uq_notices_account_id_matter"),
        sa.UniqueConstraint("device_id", "matter", name="uq_notices_device_id_matter"),
    )
    op.create_index("ix_notices_account_inbox", "notices", ["account_id", "id"])
    op.create_index("ix_notices_device_inbox", "notices", ["device_id", "id"])

    op.create_table(
        "reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reporter_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("category_code", sa.String(length=32), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("evidence", DATA, nullable=False),
        sa.Column("photos_announced", sa.Integer(), nullable=False),
        sa.Column("photos_settled", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("place", DATA, nullable=False),
        sa.Column("edition_id", ID, nullable=True),
        sa.Column("city_code", sa.String(length=32), nullable=False),
        sa.Column("district_code", sa.String(length=32), nullable=True),
        sa.Column("street_code", sa.String(length=32), nullable=True),
        sa.Column("community_code", sa.String(length=32), nullable=True),
        sa.Column("general_code", sa.String(length=32), nullable=True),
        sa.Column("micro_code", sa.String(length=32), nullable=True),
        sa.Column("desk_code", sa.String(length=32), nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("route", DATA, nullable=False),
        sa.Column("proposer_id", ID, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("dispatched_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'assigned' OR lat IS NOT NULL", name="ck_reports_assigned_has_place"
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR outcome IS NOT NULL", name="ck_reports_closed_has_outcome"
        ),
        sa.CheckConstraint(
            "state <> 'dispatched' OR unit_id IS NOT NULL", name="ck_reports_dispatched_has_unit"
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["accounts.id"], name="fk_reports_assignee_id"),
        sa.ForeignKeyConstraint(
            ["category_code"], ["categories.code"], name="fk_reports_category_code"
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_reports_edition_id"),
        sa.ForeignKeyConstraint(["proposer_id"], ["accounts.id"], name="fk_reports_proposer_id"),
        sa.ForeignKeyConstraint(["reporter_id"], ["devices.id"], name="fk_reports_reporter_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_reports_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("uuid", name="uq_reports_uuid"),
    )
    op.create_index("ix_reports_latest", "reports", ["created_at", "id"])
    op.create_index(
        "ix_reports_open_assignee",
        "reports",
        ["assignee_id", "created_at", "id"],
        postgresql_where=sa.text("state NOT IN ('closed', 'merged')"),
        sqlite_where=sa.text("state NOT IN ('closed', 'merged')"),
    )
    op.create_index(
        "ix_reports_open_district",
        "reports",
        ["district_code", "created_at", "id"],
        postgresql_where=sa.text("state NOT IN ('closed', 'merged')"),
        sqlite_where=sa.text("state NOT IN ('closed', 'merged')"),
    )
    op.create_index(
        "ix_reports_open_street",
        "reports",
        ["street_code", "created_at", "id"],
        postgresql_where=sa.text("state NOT IN ('closed', 'merged')"),
        sqlite_where=sa.text("state NOT IN ('closed', 'merged')"),
    )
    op.create_index(
        "ix_reports_open_unit",
        "reports",
        ["unit_id", "created_at", "id"],
        postgresql_where=sa.text("state NOT IN ('closed', 'merged')"),
        sqlite_where=sa.text("state NOT IN ('closed', 'merged')"),
    )
    op.create_index("ix_reports_reporter_id", "reports", ["reporter_id"])

    op.create_table(
        "action_answers",
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_action_answers_report_id"),
        sa.PrimaryKeyConstraint("caller", "action_id", name="pk_action_answers"),
    )
    op.create_index("ix_action_answers_answered_at", "action_answers", ["answered_at"])

    op.create_table(
        "event_privates",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", DATA, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_event_privates_report_id"),
        sa.PrimaryKeyConstraint("report_id", "seq", name="pk_event_privates"),
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("added_by_id", ID, nullable=True),
        sa.Column("used_seq", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("media_type", sa.String(length=32), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("facts", DATA, nullable=False),
        sa.Column("dhash", sa.BigInteger(), nullable=True),
        sa.Column("screen_sha256", sa.String(length=64), nullable=True),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["accounts.id"], name="fk_photos_added_by_id"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_photos_report_id"),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.UniqueConstraint("report_id", "n", name="uq_photos_report_id_n"),
    )
    op.create_index("ix_photos_report_id", "photos", ["report_id"])

    op.create_table(
        "report_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("party", sa.String(length=16), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("data", DATA, nullable=False),
        sa.Column("private_hash", sa.String(length=64), nullable=True),
        sa.Column("before_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_report_events_account_id"
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_events_report_id"),
        sa.PrimaryKeyConstraint("id", name="pk_report_events"),
        sa.UniqueConstraint("report_id", "seq", name="uq_report_events_report_id_seq"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE_ON_POSTGRESQL)
        op.execute(
            "CREATE TRIGGER report_events_append_only BEFORE UPDATE OR DELETE ON report_events "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER report_events_no_{change.lower()} BEFORE {change} "
                "ON report_events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER report_events_append_only ON report_events")
        op.execute("DROP FUNCTION refuse_change")
    for table in reversed(TABLES):
        op.drop_table(table)
