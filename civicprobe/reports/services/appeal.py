"""The reporter says that it was no abuse (申诉): one tap, and the desk above looks."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.commands import Appeal
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def appeal(session: Session, report: Report, command: Appeal, *, by: By) -> ReportEvent:
    """Put it before the desk above, once; raises as `apply`."""
    step = Step(
        change={"appealed": True},
        private={"note": command.note, "for": Audience.TRIAGE} if command.note else {},
        audience=Audience.TRIAGE,
    )
    return apply(session, report, TABLE[Action.APPEAL], by=by, step=step)
