"""Somebody watches over an urgent report (我来盯): the first to press it; the others are told."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.commands import Acknowledge
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import By, Step, apply


def acknowledge(session: Session, report: Report, _command: Acknowledge, *, by: By) -> ReportEvent:
    """Become the urgent owner; raises Conflict `unowned` when somebody was faster."""
    step = Step(change={"urgent_owner_id": by.actor.account_id})
    return apply(session, report, TABLE[Action.ACKNOWLEDGE], by=by, step=step)
