"""Tables of statistics: a fact for each report, weekly counts, and how far the worker has come."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime


class CaseFact(Model):
    """What statistics know of one report as of its event `seq`; a `_b` is a bucket of hours."""

    __tablename__ = "case_facts"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("reports.id"), primary_key=True, autoincrement=False
    )
    seq: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    week: Mapped[date] = mapped_column(Date)
    hour: Mapped[int] = mapped_column(SmallInteger)
    city_code: Mapped[str] = mapped_column(String(32))
    district_code: Mapped[str | None] = mapped_column(String(32))
    street_code: Mapped[str | None] = mapped_column(String(32))
    community_code: Mapped[str | None] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(32), default="")
    unit_id: Mapped[int | None] = mapped_column(Integer)
    grade: Mapped[int | None] = mapped_column(SmallInteger)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    verified_b: Mapped[int | None] = mapped_column(SmallInteger)
    dispatched_b: Mapped[int | None] = mapped_column(SmallInteger)
    handled_b: Mapped[int | None] = mapped_column(SmallInteger)
    handling_b: Mapped[int | None] = mapped_column(SmallInteger)
    closed_b: Mapped[int | None] = mapped_column(SmallInteger)
    on_time: Mapped[bool | None] = mapped_column()
    satisfied: Mapped[bool | None] = mapped_column()
    returns: Mapped[int] = mapped_column(SmallInteger, default=0)
    reworks: Mapped[int] = mapped_column(SmallInteger, default=0)

    __table_args__ = (
        Index("ix_case_facts_week", "week"),
        Index("ix_case_facts_street", "street_code", "week"),
        Index("ix_case_facts_district", "district_code", "week"),
        Index("ix_case_facts_spot", "created_at", "category", "cell"),
        Index(
            "ix_case_facts_open",
            "report_id",
            postgresql_where=text("closed_b IS NULL"),
            sqlite_where=text("closed_b IS NULL"),
        ),
    )


class WeekCount(Model):
    """How many of an area's reports of one week and category show `key` of `kind`."""

    __tablename__ = "week_counts"

    area_code: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    week: Mapped[date] = mapped_column(Date, primary_key=True)
    category: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    parent_code: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_week_counts_parent", "parent_code", "kind", "week"),
        Index("ix_week_counts_week", "week"),
    )


class StatsMark(Model):
    """When the worker last counted, and when it last compared every report; one row."""

    __tablename__ = "stats_marks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
