"""The desk sends a case to a unit (派遣), and the unit takes it on (签收)."""

from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_unit
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.commands import Accept, Dispatch
from civicprobe.reports.lifecycle import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.transitions import Audience, By, Step, apply


def dispatch(session: Session, report: Report, command: Dispatch, *, by: By) -> ReportEvent:
    """Send the case to a unit; again, to another one.

    Raises Unprocessable for a unit that is not active, else as `apply`.
    """
    unit = find_unit(session, command.unit)
    if unit is None or not unit.active:
        raise Unprocessable("incomplete", FieldFault("unit", "no_such_unit"))
    step = Step(
        change={
            "unit_id": unit.id,
            "dispatched_at": by.now,
            "accepted_at": None,
            "desk_code": desk_for(session, report),
        },
        data={"unit": unit.code},
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    return apply(session, report, TABLE[Action.DISPATCH], by=by, step=step)


def accept(session: Session, report: Report, command: Accept, *, by: By) -> ReportEvent:
    """The unit signs for the case; raises as `apply`."""
    step = Step(
        change={"accepted_at": by.now},
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    return apply(session, report, TABLE[Action.ACCEPT], by=by, step=step)
