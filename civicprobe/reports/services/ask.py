"""One question to the reporter (要求补充); they answer with `add`."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.commands import Ask
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def ask(session: Session, report: Report, command: Ask, *, by: By) -> ReportEvent:
    """Put the question into the record, for the reporter and who triages; raises as `apply`."""
    step = Step(
        private={"note": command.question, "for": Audience.TRIAGE}, audience=Audience.TRIAGE
    )
    return apply(session, report, TABLE[Action.ASK], by=by, step=step)
