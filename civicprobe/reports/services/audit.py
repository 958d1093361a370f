"""Whether what is kept is what happened: every chain walked, the first fault of each named."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.chain import Break, Link, bind, first_break
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.queries import list_timeline

BATCH = 500


@dataclass(frozen=True)
class Finding:
    """One report's chain: its number and the first fault, None when it holds."""

    number: str
    fault: Break | None


def verify(session: Session) -> Iterator[Finding]:
    """Walk the chain of every report, oldest first; reads in batches, changes nothing."""
    after = 0
    while True:
        reports = session.scalars(
            select(Report).where(Report.id > after).order_by(Report.id).limit(BATCH)
        ).all()
        if not reports:
            return
        for report in reports:
            yield Finding(report.number, verify_report(session, report))
        after = reports[-1].id
        session.expunge_all()


def verify_report(session: Session, report: Report) -> Break | None:
    """The first fault in one report's chain, or None.

    A step taken between the reading of its row and of its events looks like one: what is at fault
    is read again with its row held.
    """
    if _fault_of(session, report) is None:
        return None
    session.refresh(report, with_for_update={"key_share": True})
    return _fault_of(session, report)


def _fault_of(session: Session, report: Report) -> Break | None:
    entries = list_timeline(session, report.id)
    fault = first_break(
        str(report.uuid),
        (_link(entry.event) for entry in entries),
        seq=report.seq,
        head=report.head_hash,
        state=report.state,
    )
    return fault or _private_break(session, report.id, [entry.event for entry in entries])


def _link(event: ReportEvent) -> Link:
    return Link(**{name: getattr(event, name) for name in Link.__dataclass_fields__})


def _private_break(session: Session, report_id: int, events: list[ReportEvent]) -> Break | None:
    """Words beside an event may be gone (erased by right) but never be other words."""
    bound = {event.seq: event.private_hash for event in events}
    kept = session.scalars(
        select(EventPrivate).where(EventPrivate.report_id == report_id).order_by(EventPrivate.seq)
    )
    changed = (row.seq for row in kept if bind(row.salt, row.body) != bound.get(row.seq))
    seq = next(changed, None)
    return None if seq is None else Break(seq, "words_edited")
