"""The end of a report: closed by a desk (结案), or taken back by its reporter (撤回)."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.commands import Close, Withdraw
from civicprobe.reports.lifecycle.table import TABLE, Action, Outcome
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.result import ask_later
from civicprobe.reports.transitions import Audience, By, Step, apply


def close(session: Session, report: Report, command: Close, *, by: By) -> ReportEvent:
    """Confirm the proposed outcome, with the words the rider reads; raises as `apply`.

    Of what was handed to another body the desk is asked for the result after 15 days.
    """
    step = Step(
        change={"closed_at": by.now},
        data={"outcome": report.outcome},
        private={"note": command.public_note, "for": Audience.PUBLIC},
    )
    event = apply(session, report, TABLE[Action.CLOSE], by=by, step=step)
    if report.outcome == Outcome.TRANSFERRED:
        ask_later(session, event)
    return event


def withdraw(session: Session, report: Report, command: Withdraw, *, by: By) -> ReportEvent:
    """The reporter takes back what nobody has looked at yet; raises as `apply`."""
    step = Step(
        change={"closed_at": by.now, "outcome": Outcome.WITHDRAWN.value},
        data={"outcome": Outcome.WITHDRAWN.value},
        private={"note": command.reason, "for": Audience.TRIAGE} if command.reason else {},
    )
    return apply(session, report, TABLE[Action.WITHDRAW], by=by, step=step)
