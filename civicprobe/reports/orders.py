"""Tables of what desks order beside the case itself: the step to be undone, whistles, rulings."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, JsonDict, Model, UtcDateTime

# As literals, so that the partial index answers for it.
OPEN_WHISTLES = "whistles.state IN ('called', 'acknowledged', 'on_site')"


class Undoable(Model):
    """The last step of a report that its doer may take back, and what it changed: the columns as
    they were before."""

    __tablename__ = "undoables"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)


class Whistle(Model):
    """A street calls one unit to a case (街道吹哨): `called`, `acknowledged`, `on_site`,
    `answered`, `declined` or `cancelled`. Its question and answer are words beside the events."""

    __tablename__ = "whistles"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    state: Mapped[str] = mapped_column(String(12))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_whistles_report", "report_id", "id"),
        Index("ix_whistles_unit", "unit_id", "state"),
        Index(
            "ix_whistles_open",
            "due_at",
            postgresql_where=text("state IN ('called', 'acknowledged', 'on_site')"),
            sqlite_where=text("state IN ('called', 'acknowledged', 'on_site')"),
        ),
    )


class Ruling(Model):
    """A ruling that is kept (指定管辖): of a category in an area, who has it, and until when."""

    __tablename__ = "rulings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    area_code: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    desk_code: Mapped[str | None] = mapped_column(String(32))
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    ruled_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    ruled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_rulings_area", "area_code", "category_code"),)
