"""A grid member or desk confirms a hazard and opens its case (核实立案), or corrects what it is
(改类)."""

from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_category
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.commands import FileReport, Reclassify
from civicprobe.reports.lifecycle import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.transitions import Audience, By, Step, apply


def file(session: Session, report: Report, command: FileReport, *, by: By) -> ReportEvent:
    """Open the case; the handling clock starts at dispatch (GB/T 30428.8 立案).

    Raises Unprocessable for a category that is not in the catalogue, else as `apply`.
    """
    _check(session, command.category)
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


def reclassify(session: Session, report: Report, command: Reclassify, *, by: By) -> ReportEvent:
    """Correct category and severity; the running clocks follow, never longer once late.

    Raises Unprocessable for a category that is not in the catalogue, else as `apply`.
    """
    _check(session, command.category)
    now = {"category": command.category, "severity": command.severity.value}
    step = Step(
        change={"category_code": command.category, "severity": command.severity.value},
        data={**now, "from": [report.category_code, report.severity]},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.RECLASSIFY], by=by, step=step)


def _check(session: Session, category: str) -> None:
    if find_category(session, category) is None:
        raise Unprocessable("incomplete", FieldFault("category", "no_such_category"))
