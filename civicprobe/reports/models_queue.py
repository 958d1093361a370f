"""Tables beside the queues: words to find reports by, cards put aside, views kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, JsonDict, Model, UtcDateTime

# Compared byte by byte, so that the beginning of a term is a range of its index.
TermText = String(32).with_variant(String(32, collation="C"), "postgresql")


class SearchTerm(Model):
    """A term that some report's words hold, and how it is said: pinyin is kept once a term."""

    __tablename__ = "search_terms"

    term: Mapped[str] = mapped_column(TermText, primary_key=True)
    sounds: Mapped[str] = mapped_column(TermText, index=True)
    initials: Mapped[str] = mapped_column(TermText, index=True)


class SearchPosting(Model):
    """A report whose words hold a term, by who may read those words."""

    __tablename__ = "search_postings"

    term: Mapped[str] = mapped_column(TermText, primary_key=True)
    report_id: Mapped[int] = mapped_column(
        ForeignKey("reports.id"), primary_key=True, index=True, autoincrement=False
    )
    audience: Mapped[str] = mapped_column(String(16), primary_key=True)


class Snooze(Model):
    """A card put aside by one who sees it, until a moment: their own setting, no event."""

    __tablename__ = "snoozes"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    report_id: Mapped[int] = mapped_column(
        ForeignKey("reports.id"), primary_key=True, autoincrement=False
    )
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SavedView(Model):
    """Filters of a queue that somebody keeps under a name; `query` is what stands in the URL."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[dict[str, str]] = mapped_column(JsonDict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("account_id", "name"),)
