"""A unit asks for time (申请延期、缓办); a desk gives it (延期), the second time the desk above."""

from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.clocks import Stage
from civicprobe.reports.lifecycle.commands import Extend, Request
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.services.suspend import check_date
from civicprobe.reports.transitions import Audience, By, Step, apply
from civicprobe.reports.winding import set_until


def request(session: Session, report: Report, command: Request, *, by: By) -> ReportEvent:
    """Put the wish before the desk; raises Unprocessable (`until`), else as `apply`."""
    check_date(command.until, by.now, "until")
    step = Step(
        data={
            "kind": command.kind,
            "until": command.until.isoformat(),
            "photos": use_evidence(session, report, command.photos, by.actor),
        },
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.REQUEST], by=by, step=step)


def extend(session: Session, report: Report, command: Extend, *, by: By) -> ReportEvent:
    """Give the unit until a new date. Late stays late: past the due time it mends nothing, and the
    event says so. Raises Unprocessable (`until`), else as `apply`."""
    check_date(command.until, by.now, "until")
    step = Step(
        change={"extensions": report.extensions + 1},
        data={"until": command.until.isoformat(), "late": report.facts(by.now).late},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    event = apply(session, report, TABLE[Action.EXTEND], by=by, step=step)
    set_until(session, report, Stage.HANDLING, command.until, by.now)
    return event
