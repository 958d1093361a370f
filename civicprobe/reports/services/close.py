"""The end of a report: closed by a desk (结案), or taken back by its reporter (撤回)."""

from datetime import timedelta

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.reports.commands import Close, Withdraw
from civicprobe.reports.lifecycle import TABLE, Action, Outcome, Topic
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply

ASKED_AFTER = timedelta(days=15)


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
        outbox.write(
            session,
            "notice",
            now=by.now,
            due_at=by.now + ASKED_AFTER,
            report_id=report.id,
            seq=event.seq,
            about=Topic.DESK_RESULT.value,
        )
    return event


def withdraw(session: Session, report: Report, command: Withdraw, *, by: By) -> ReportEvent:
    """The reporter takes back what nobody has looked at yet; raises as `apply`."""
    step = Step(
        change={"closed_at": by.now, "outcome": Outcome.WITHDRAWN.value},
        data={"outcome": Outcome.WITHDRAWN.value},
        private={"note": command.reason, "for": Audience.TRIAGE} if command.reason else {},
    )
    return apply(session, report, TABLE[Action.WITHDRAW], by=by, step=step)
