"""What was changed or taken out by whom, beside the reports' own chains: one row a deed.

For administration and exports. Rows are only added; they name accounts by id and hold codes and
counts, never words of a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from civicprobe.db import BigId, JsonDict, Model, UtcDateTime

PAGE = 100


class AuditRow(Model):
    """One deed: `what` (such as `person.suspended`), to which subject, with what."""

    __tablename__ = "audit_rows"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(Integer)
    what: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(100), default="")
    data: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)

    __table_args__ = (
        Index("ix_audit_rows_what", "what", "id"),
        Index("ix_audit_rows_subject", "subject", "id"),
    )


@dataclass(frozen=True)
class AuditFilter:
    """What is searched for; each None asks nothing."""

    what: str | None = None
    subject: str | None = None
    account_id: int | None = None
    before: int | None = None


def record(
    session: Session,
    what: str,
    *,
    account_id: int | None,
    now: datetime,
    subject: str = "",
    data: Mapping[str, object] | None = None,
) -> AuditRow:
    """Write one deed down, in the transaction that does it."""
    row = AuditRow(
        at=now, account_id=account_id, what=what, subject=subject[:100], data=dict(data or {})
    )
    session.add(row)
    session.flush()
    return row


def record_change(
    session: Session,
    what: str,
    subject: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    by: int | None,
    now: datetime,
) -> bool:
    """Write down what of a thing differs, each as it was and as it is; whether anything did."""
    names = sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    if names:
        data = {
            "before": {name: before[name] for name in names if name in before},
            "after": {name: after[name] for name in names if name in after},
        }
        record(session, what, account_id=by, now=now, subject=subject, data=data)
    return bool(names)


def search(session: Session, ask: AuditFilter, *, limit: int = PAGE) -> Sequence[AuditRow]:
    """The newest deeds first, those before a row's id; one more than `limit` if there are any."""
    found = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit + 1)
    if ask.what:
        found = found.where(AuditRow.what.startswith(ask.what, autoescape=True))
    if ask.subject:
        found = found.where(AuditRow.subject == ask.subject)
    if ask.account_id is not None:
        found = found.where(AuditRow.account_id == ask.account_id)
    if ask.before is not None:
        found = found.where(AuditRow.id < ask.before)
    return session.scalars(found).all()
