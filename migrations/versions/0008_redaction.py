"""What is hidden in a photo's copies. Copies made before were not looked through: they are taken
away at once and made anew by the workers."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
FLAGS = (("reports", "sensitive"), ("categories", "plates_matter"))
ABOUT_VEHICLES = ("fire_lane", "illegal_parking")


def upgrade() -> None:
    op.add_column("photos", sa.Column("plates_sha256", sa.String(length=64), nullable=True))
    op.add_column("photos", sa.Column("boxes", JSON, nullable=True))
    for table, name in FLAGS:
        column = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, column)
    categories = sa.table("categories", sa.column("code"), sa.column("plates_matter"))
    op.execute(
        categories.update().where(categories.c.code.in_(ABOUT_VEHICLES)).values(plates_matter=True)
    )
    _make_anew()


def downgrade() -> None:
    for table, name in FLAGS:
        op.drop_column(table, name)
    op.drop_column("photos", "boxes")
    op.drop_column("photos", "plates_sha256")


def _make_anew() -> None:
    connection, now = op.get_bind(), datetime.now(UTC)
    hashes = "screen_sha256", "thumb_sha256"
    photos = sa.table(
        "photos", sa.column("id", sa.Uuid()), sa.column("state"), *map(sa.column, hashes)
    )
    outbox = sa.table(
        "outbox",
        sa.column("topic"),
        sa.column("payload", JSON),
        sa.column("state"),
        sa.column("created_at", MOMENT),
        sa.column("due_at", MOMENT),
        sa.column("sends"),
        sa.column("starts"),
    )
    shown = photos.c.state == "ready"
    for photo_id in connection.scalars(sa.select(photos.c.id).where(shown)).all():
        payload = {"photo_id": str(photo_id)}
        row = {"topic": "pictures", "payload": payload, "state": "waiting", "sends": 0, "starts": 0}
        connection.execute(outbox.insert().values(**row, created_at=now, due_at=now))
    gone = {"state": "stored", **dict.fromkeys(hashes)}
    connection.execute(photos.update().where(shown).values(gone))
