"""Tables of the catalogue: categories, units, time limits, calendar days; cities renumber."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime

# Major classes of components that are no class of events as well (GB/T 30428.2, CJ/T 214).
COMPONENT_MAJORS = frozenset({"公用设施", "道路交通", "园林绿化", "房屋土地", "扩展部件"})


class Unit(Model):
    """A handling unit (承办单位) of an area; `contact` and `phone` are whom its desk calls."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    area_code: Mapped[str] = mapped_column(String(32), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    contact: Mapped[str] = mapped_column(String(64), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(32), default="", server_default="")


class Category(Model):
    """What a hazard is. `major` is the standard's major class; `emergency` makes a report urgent;
    `self_service` lets a grid member handle it on the spot; with `plates_matter` it is about a
    vehicle, whose number plate desk and unit may read."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(48))
    major: Mapped[str] = mapped_column(String(32))
    icon: Mapped[str] = mapped_column(String(32))
    rank: Mapped[int] = mapped_column(Integer, default=0)
    emergency: Mapped[bool] = mapped_column(default=False)
    self_service: Mapped[bool] = mapped_column(default=False)
    plates_matter: Mapped[bool] = mapped_column(default=False)
    default_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(String(100))

    @property
    def is_component(self) -> bool:
        """Whether it is a component (部件), which has an owner, and not an event (事件)."""
        return self.major in COMPONENT_MAJORS


class TimeLimit(Model):
    """How long a stage may last (时限): of a category and severity, or of any where they are empty.

    A changed limit is a new row; the old one gets `until` and stays as history.
    """

    __tablename__ = "time_limits"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    severity: Mapped[str | None] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(100))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_time_limits_stage", "stage", "until"),
    )


class CalendarDay(Model):
    """A day that the office declares worked or free, over whatever is announced (调休)."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    worked: Mapped[bool] = mapped_column()
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
