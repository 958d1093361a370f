"""The reporter says whether they are satisfied (评价); the last word counts."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.commands import Rate
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def rate(session: Session, report: Report, command: Rate, *, by: By) -> ReportEvent:
    """Keep the answer; raises as `apply`."""
    step = Step(
        data={"answer": command.answer},
        private={"note": command.note, "for": Audience.TRIAGE} if command.note else {},
    )
    return apply(session, report, TABLE[Action.RATE], by=by, step=step)
