"""Tables of the map and its people: editions and areas, members, their duty, rules of routing."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, JsonDict, Model, UtcDateTime
from civicprobe.grid.areas import Level

DRAFT, ACTIVE, RETIRED = "draft", "active", "retired"
PART_TIME, FULL_TIME = "part_time", "full_time"
INVITED, ASKED, APPROVED = "invited", "asked", "approved"
REFUSED, WITHDRAWN = "refused", "withdrawn"


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
    """A grid member (网格员): a person with an account who serves grids, under an alias.

    `windows` are `[weekday, start, end]` and `quiet` `[start, end]`, minutes of the city's day
    (`duty.py`); `cap` is how many open cards at most. `tap` is a word set by hand until
    `tap_until`. Who is suspended may come back; whose enrolment has ended may not.
    """

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    alias: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16), default=PART_TIME)
    active: Mapped[bool] = mapped_column(default=True)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    windows: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    quiet: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    rests_on_holidays: Mapped[bool] = mapped_column(default=False)
    cap: Mapped[int | None] = mapped_column(Integer)
    tap: Mapped[bool | None] = mapped_column()
    tap_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("kind IN ('part_time', 'full_time')", name="kind_known"),
        CheckConstraint("cap IS NULL OR cap > 0", name="cap_positive"),
    )


class Leave(Model):
    """A member's leave and who stands in meanwhile; why is nobody's business and not kept."""

    __tablename__ = "member_leaves"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="some_time"),
        CheckConstraint("substitute_id <> member_id", name="somebody_else"),
        Index("ix_member_leaves_member", "member_id", "ends_at"),
    )


class Enrolment(Model):
    """The way into the grid (进网入格): invited by a street, asked for by a person, decided on.

    Only the code's hash is kept. What the person typed (user name, password hash, phone) becomes
    an account when a desk approves, and is wiped from here then.
    """

    __tablename__ = "enrolments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), default=INVITED)
    area_code: Mapped[str] = mapped_column(String(32), index=True)
    grids: Mapped[list[str]] = mapped_column(JSON)
    kind: Mapped[str] = mapped_column(String(16), default=PART_TIME)
    rider: Mapped[bool] = mapped_column(default=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alias: Mapped[str] = mapped_column(String(64), default="")
    username: Mapped[str | None] = mapped_column(String(64))
    password: Mapped[str | None] = mapped_column(String(255))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        Index("ix_enrolments_state", "state", "expires_at"),
        CheckConstraint(
            "state IN ('invited', 'asked', 'approved', 'refused', 'withdrawn')", name="state_known"
        ),
    )


class RoutingRule(Model):
    """A declared rule of routing (`rules.py`), of a desk's area, in its order there.

    `conditions` holds those that were set; the aim names an account or an area where it needs one.
    """

    __tablename__ = "routing_rules"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_code: Mapped[str] = mapped_column(String(32))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[dict[str, object]] = mapped_column(JsonDict)
    aim: Mapped[str] = mapped_column(String(8))
    aim_area: Mapped[str | None] = mapped_column(String(32))
    aim_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("aim IN ('member', 'area', 'desk', 'owner')", name="aim_known"),
        CheckConstraint("aim <> 'member' OR aim_account_id IS NOT NULL", name="aim_names_member"),
        CheckConstraint(
            "aim NOT IN ('area', 'desk') OR aim_area IS NOT NULL", name="aim_names_area"
        ),
        Index("ix_routing_rules_area", "area_code", "position", "id"),
    )


class MemberGrid(Model):
    """A grid a member serves, by code: codes outlive editions."""

    __tablename__ = "member_grids"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    area_code: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
