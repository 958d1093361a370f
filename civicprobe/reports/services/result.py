"""What came of a case that another body has (转办), such as the 12345 line: its desk is asked after
15 days, and again after each answer that it waits still."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.reports.lifecycle.commands import NoteResult
from civicprobe.reports.lifecycle.table import TABLE, Action, Topic
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.queries import RECEIVED
from civicprobe.reports.transitions import Audience, By, Step, apply

ASKED_AFTER = timedelta(days=15)


def note_result(session: Session, report: Report, command: NoteResult, *, by: By) -> ReportEvent:
    """Write the result down, which its riders read and hear of; or that there is none yet, with
    what was done about it, for the desks. Raises as `apply`."""
    row, known = TABLE[Action.RESULT], command.answer == RECEIVED
    audience = Audience.PUBLIC if known else Audience.OFFICE
    step = Step(
        data={"answer": command.answer},
        private={"note": command.note, "for": audience},
        audience=audience,
    )
    event = apply(session, report, row if known else replace(row, tells=()), by=by, step=step)
    if not known:
        ask_later(session, event)
    return event


def ask_later(session: Session, event: ReportEvent) -> None:
    """Its desk is asked 15 days after this step, if nobody has said by then what came of it."""
    outbox.write(
        session,
        "notice",
        now=event.at,
        due_at=event.at + ASKED_AFTER,
        report_id=event.report_id,
        seq=event.seq,
        about=Topic.DESK_RESULT.value,
    )
