"""A grid member or desk confirms a hazard and opens its case (核实立案)."""

from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_category
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.commands import FileReport
from civicprobe.reports.lifecycle import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.transitions import Audience, By, Step, apply


def file(session: Session, report: Report, command: FileReport, *, by: By) -> ReportEvent:
    """Open the case; the handling clock starts at dispatch (GB/T 30428.8 立案).

    Raises Unprocessable for a category that is not in the catalogue, else as `apply`.
    """
    if find_category(session, command.category) is None:
        raise Unprocessable("incomplete", FieldFault("category", "no_such_category"))
    step = Step(
        change={
            "category_code": command.category,
            "severity": command.severity.value,
            "desk_code": desk_for(session, report),
        },
        data={"category": command.category, "severity": command.severity.value},
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    return apply(session, report, TABLE[Action.FILE], by=by, step=step)
