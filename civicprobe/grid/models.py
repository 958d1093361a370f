"""Tables of the map and its people: Edition, Area, Member, MemberGrid."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime
from civicprobe.grid.areas import Level

DRAFT, ACTIVE, RETIRED = "draft", "active", "retired"
PART_TIME, FULL_TIME = "part_time", "full_time"


class Edition(Model):
    """One version of the whole map: filled as a draft, immutable once active, at most one active.

    `checksum` is set by the first activation and names the map's content.
    """

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(8), default=DRAFT)
    synthetic: Mapped[bool] = mapped_column(default=False)
    checksum: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'retired')", name="state_known"),
        CheckConstraint("state = 'draft' OR checksum IS NOT NULL", name="used_has_checksum"),
        Index(
            "uq_editions_one_active",
            "state",
            unique=True,
            postgresql_where=text("state = 'active'"),
            sqlite_where=text("state = 'active'"),
        ),
    )


class Area(Model):
    """One area of one edition; the polygon is WKB, longitude and latitude in WGS-84 degrees."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    level: Mapped[Level] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(100))
    parent_code: Mapped[str] = mapped_column(String(32))
    synthetic: Mapped[bool] = mapped_column(default=False)
    polygon: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("edition_id", "code"),
        Index("ix_areas_parent", "edition_id", "parent_code"),
        Index("ix_areas_level", "edition_id", "level"),
    )


class Succession(Model):
    """An area of earlier editions that ceased with this one, and the area that follows it."""

    __tablename__ = "area_successions"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    successor_code: Mapped[str] = mapped_column(String(32))


class Member(Model):
    """A grid member (网格员): a person with an account who serves grids, under an alias."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    alias: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16), default=PART_TIME)
    active: Mapped[bool] = mapped_column(default=True)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("kind IN ('part_time', 'full_time')", name="kind_known"),)


class MemberGrid(Model):
    """A grid a member serves, by code: codes outlive editions."""

    __tablename__ = "member_grids"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    area_code: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
