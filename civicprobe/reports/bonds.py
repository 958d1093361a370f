"""Tables of who stands how to a report: tied or watching, named by it, called to it, asking who
sent it, saying whether it is fixed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime

FOLLOWER, WATCHER = "follower", "watcher"


class Tie(Model):
    """A rider's phone tied to a report: as its follower, by the merge of `via_id`, or only
    listening (关注)."""

    __tablename__ = "ties"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    kind: Mapped[str] = mapped_column(String(8))
    via_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_ties_report", "report_id", "kind", "since"),
        Index("ix_ties_device", "device_id", "report_id"),
        Index("ix_ties_via", "via_id"),
    )


class Naming(Model):
    """Whom a report is about (涉及本单位): an area's staff, a unit or one account. They neither see
    it nor decide on it."""

    __tablename__ = "namings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    area_code: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        CheckConstraint(
            "area_code IS NOT NULL OR unit_id IS NOT NULL OR account_id IS NOT NULL",
            name="names_somebody",
        ),
    )


class Alarm(Model):
    """Somebody was called to an urgent report, and when."""

    __tablename__ = "alarms"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_alarms_account", "account_id", "report_id"),)


class Unmasking(Model):
    """One desk asked to know who sent a report; a desk above grants it to that area for a day."""

    __tablename__ = "unmaskings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    area_code: Mapped[str] = mapped_column(String(32))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Confirmation(Model):
    """What one rider says of one repair (修好了 / 没修好 / 看不到); `proposal` is the event that
    proposed it. `on_site`: said within 50 m, standing."""

    __tablename__ = "confirmations"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    proposal: Mapped[int] = mapped_column(Integer, primary_key=True)
    answer: Mapped[str] = mapped_column(String(12))
    on_site: Mapped[bool] = mapped_column()
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
