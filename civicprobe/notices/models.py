"""The inbox: one notice a person and matter."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
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
