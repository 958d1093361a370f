"""A case goes to the next desk up (提级): by a desk that says why, or by its clock."""

from sqlalchemy.orm import Session

from civicprobe.errors import Conflict
from civicprobe.reports.lifecycle.commands import Raise
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_above
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply


def raise_case(session: Session, report: Report, command: Raise, *, by: By) -> ReportEvent:
    """The owner becomes the next desk up; raises Conflict `no_desk_above` at the top, else as
    `apply`."""
    above = desk_above(session, report)
    if above is None:
        raise Conflict("no_desk_above")
    step = Step(
        change={"desk_code": above, "raised": True},
        data={"from_desk": report.desk_code, "desk": above},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.RAISE], by=by, step=step)


def raise_late(session: Session, report: Report, stage: str, by: By) -> ReportEvent | None:
    """The clock raises what is late, one desk at a time; None at the top."""
    above = desk_above(session, report)
    if above is None or by.actor != WORKER:
        return None
    step = Step(
        change={"desk_code": above, "raised": True},
        data={"from_desk": report.desk_code, "desk": above, "stage": stage},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.RAISE], by=by, step=step)
