"""The desk sends a case to a unit (派遣); the unit takes it on (签收) or gives it back (退单)."""

from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_unit
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import Accept, Dispatch, Return
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import ABOVE_STREET, LEVELS, desk_for
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.transitions import Audience, By, Step, apply

MOST_RETURNS = 2


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


def return_case(session: Session, report: Report, command: Return, *, by: By) -> ReportEvent:
    """The unit gives the case back to the desk, on a ground and with who should take it.

    Raises as `apply`. The unit no longer sees the case; its returns stay in the record.
    """
    unit = find_unit(session, report.unit_id) if report.unit_id else None
    returns = report.returns + 1
    # 首接负责: a second return goes to the lowest desk above all involved, which rules once.
    again = {"raised": True} if returns >= MOST_RETURNS else {}
    levels = ABOVE_STREET if again else LEVELS
    step = Step(
        change={
            "unit_id": None,
            "accepted_at": None,
            "returns": returns,
            "desk_code": desk_for(session, report, levels=levels),
            **again,
        },
        data={
            "ground": command.ground.value,
            "unit": unit.code if unit else None,
            "photos": use_evidence(session, report, command.photos, by.actor),
        },
        private={"note": f"{command.note}\n→ {command.whom}", "for": Audience.STAFF},
    )
    return apply(session, report, TABLE[Action.RETURN], by=by, step=step)
