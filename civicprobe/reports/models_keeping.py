"""Tables of keeping: how long what is kept, what must not go, and what has gone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime


class Retention(Model):
    """How many days after closing something is kept: by outcome, or for all others where empty.

    A changed one is a new row; the old one gets `until` and stays as history.
    """

    __tablename__ = "retentions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    what: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    days: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(100))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("days >= 0", name="days_not_negative"),)


class LegalHold(Model):
    """Nothing of this report may go (a dispute, a court, an inquiry) until the hold is lifted."""

    __tablename__ = "legal_holds"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class Tombstone(Model):
    """What of a report has gone, when, and whether by time or because its rider asked."""

    __tablename__ = "tombstones"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    what: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("report_id", "what"),)
