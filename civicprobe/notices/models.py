"""The inbox: one notice a person and matter; where else people are reached, and what goes there."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime


class Notice(Model):
    """One person is told of one matter; `matter` names it, so that it is told once.

    Holds codes only: words come from the catalogs, and nothing here names a reporter.
    """

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    matter: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "matter"),
        UniqueConstraint("device_id", "matter"),
        CheckConstraint("(account_id IS NULL) <> (device_id IS NULL)", name="one_person"),
        Index("ix_notices_account_inbox", "account_id", "id"),
        Index("ix_notices_device_inbox", "device_id", "id"),
    )


class Contact(Model):
    """Where else one of the staff is told: an address of a channel. `sent_at` is when last."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(300))
    secret: Mapped[str] = mapped_column(String(64), default="")
    locale: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("account_id", "channel", "address"),)


class Delivery(Model):
    """A notice on its way to a contact: `waiting`, then `sent` or, refused or too old, `dead`.

    `parcel` names those that were sent together, so that they are sent again as they were.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    urgent: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    parcel: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("notice_id", "contact_id"),
        Index(
            "ix_deliveries_due",
            "contact_id",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_deliveries_ended", "state", "ended_at"),
    )
