"""A case that cannot go on rests until a review date (缓办), and goes on then (恢复)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import Resume, Suspend
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply

LONGEST = timedelta(days=366)


def suspend(session: Session, report: Report, command: Suspend, *, by: By) -> ReportEvent:
    """Let the case rest, at most twice; the worker resumes it on the date.

    Raises Unprocessable (`review_at`) for a date that is past or over a year away, else as `apply`.
    """
    check_date(command.review_at, by.now, "review_at")
    step = Step(
        change={"suspensions": report.suspensions + 1},
        data={
            "ground": command.ground.value,
            "review_at": command.review_at.isoformat(),
            "photos": use_evidence(session, report, command.photos, by.actor),
        },
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    event = apply(session, report, TABLE[Action.SUSPEND], by=by, step=step)
    outbox.write(
        session,
        "resume",
        now=by.now,
        due_at=command.review_at,
        report_id=report.id,
        version=report.version,
    )
    return event


def resume(session: Session, report: Report, command: Resume, *, by: By) -> ReportEvent:
    """The desk lets it go on; raises as `apply`."""
    step = Step(private={"note": command.note, "for": Audience.STAFF} if command.note else {})
    return apply(session, report, TABLE[Action.RESUME], by=by, step=step)


def resume_on_date(
    session: Session, report_id: int, version: int, *, now: datetime
) -> ReportEvent | None:
    """The review date has come; None when the case went on, or rests anew, in the meantime."""
    report = get_report_by_id(session, report_id, lock=True)
    if report.state != State.SUSPENDED or report.version != version:
        return None
    step = Step(data={"on_date": True})
    return apply(session, report, TABLE[Action.RESUME], by=By(WORKER, now), step=step)


def check_date(at: datetime, now: datetime, field: str) -> None:
    """Raises Unprocessable for a date that is past (`past`) or over a year away (`too_far_off`)."""
    if at <= now:
        raise Unprocessable("incomplete", FieldFault(field, "past"))
    if at - now > LONGEST:
        raise Unprocessable("incomplete", FieldFault(field, "too_far_off"))
