"""Selects of a rider's own affairs beside their reports: what they watch, who was told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.grid.queries import area_names
from civicprobe.reports.bonds import WATCHER, Tie
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.queries import list_taken_over

MOST = 100


@dataclass(frozen=True)
class Unmasked:
    """An area's desk that was told who sent a report: which, when, and why."""

    number: str
    at: datetime
    area: str
    reason: str


def list_watched(session: Session, actor: Actor) -> Sequence[Report]:
    """The reports of others that this rider listens to (关注), the newest first."""
    tied = (Tie.kind == WATCHER, Tie.device_id.in_(actor.device_ids))
    wanted = select(Tie.report_id).where(*tied)
    found = select(Report).where(Report.id.in_(wanted)).order_by(Report.id.desc()).limit(MOST)
    return session.scalars(found).all()


def list_unmasked(session: Session, actor: Actor) -> list[Unmasked]:
    """Every time a desk was allowed to know who sent one of this rider's reports, newest first."""
    rows = session.execute(
        select(Report, ReportEvent, EventPrivate.body)
        .join(ReportEvent, ReportEvent.report_id == Report.id)
        .outerjoin(
            EventPrivate,
            and_(
                EventPrivate.report_id == ReportEvent.report_id,
                EventPrivate.seq == ReportEvent.seq,
            ),
        )
        .where(
            Report.reporter_id.in_(actor.device_ids),
            ReportEvent.action == Action.GRANT_UNMASK.value,
        )
        .order_by(ReportEvent.at.desc())
        .limit(MOST)
    )
    found = [(report, event, body or {}) for report, event, body in rows]
    taken_over = list_taken_over(session, [report.id for report, _, _ in found])
    return [
        Unmasked(
            report.number, event.at, _area(session, report, event.data), str(body.get("note", ""))
        )
        for report, event, body in found
        if event.seq > taken_over.get(report.id, 0)  # before that it was another one's
    ]


def _area(session: Session, report: Report, data: Mapping[str, Any]) -> str:
    """The area's name, or its code where this report's map does not hold it."""
    codes: dict[str, str] = data.get("areas") or {}
    named = area_names(session, report.edition_id, codes)
    return named["asked"].name if "asked" in named else codes.get("asked", "")
