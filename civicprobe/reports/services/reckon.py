"""Open cases take new limits and a new calendar: each whose due times change gets an event."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Clock, Report
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply
from civicprobe.reports.winding import list_running, take_new_limits

PART = 100


def reckon_part(session: Session, after: int, why: str, *, now: datetime) -> int:
    """Work the clocks of the next hundred open reports out anew, and ask for the rest; how many
    reports changed. One transaction with the follow-up row, so that none is done twice or left."""
    ids = session.scalars(
        select(Clock.report_id)
        .where(Clock.ended_at.is_(None), Clock.report_id > after)
        .group_by(Clock.report_id)
        .order_by(Clock.report_id)
        .limit(PART)
    ).all()
    changed = sum(reckon_report(session, report_id, why, now=now) for report_id in ids)
    if len(ids) == PART:
        outbox.write(session, "reckon", now=now, after=ids[-1], why=why)
    return changed


def reckon_report(session: Session, report_id: int, why: str, *, now: datetime) -> bool:
    """Whether a report's due times are others now; what is late gets no longer one."""
    report = get_report_by_id(session, report_id, lock=True)
    before = _dues(session, report)
    take_new_limits(session, report, now)
    after = _dues(session, report)
    if after == before:
        return False
    data = {"why": why, "was": before, "now": after}
    apply(session, report, TABLE[Action.RECKON], by=By(WORKER, now), step=_step(data))
    return True


def _step(data: dict[str, Any]) -> Step:
    return Step(data=data, audience=Audience.STAFF)


def _dues(session: Session, report: Report) -> dict[str, str | None]:
    return {
        clock.stage: clock.due_at.isoformat() if clock.due_at else None
        for clock in list_running(session, report.id)
    }
