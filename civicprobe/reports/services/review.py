"""A grid member or desk confirms a hazard and opens its case (核实立案), or corrects what it is
(改类)."""

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.catalog.queries import find_category
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import FileReport, Reclassify
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.transitions import Audience, By, Step, apply


def file(session: Session, report: Report, command: FileReport, *, by: By) -> ReportEvent:
    """Open the case; the handling clock starts at dispatch (GB/T 30428.8 立案).

    An emergency's category makes the case urgent: whoever is on duty is called. Raises
    Unprocessable for a category that is not in the catalogue, else as `apply`.
    """
    urgent = _urgent(session, report, command.category)
    step = Step(
        change={
            "category_code": command.category,
            "severity": command.severity.value,
            "desk_code": desk_for(session, report),
            **urgent,
        },
        data={"category": command.category, "severity": command.severity.value, **urgent},
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    event = apply(session, report, TABLE[Action.FILE], by=by, step=step)
    _call_out(session, report, urgent, by)
    return event


def reclassify(session: Session, report: Report, command: Reclassify, *, by: By) -> ReportEvent:
    """Correct category and severity; the running clocks follow, never longer once late.

    Raises Unprocessable for a category that is not in the catalogue, else as `apply`.
    """
    urgent = _urgent(session, report, command.category)
    now = {"category": command.category, "severity": command.severity.value}
    step = Step(
        change={
            "category_code": command.category,
            "severity": command.severity.value,
            **urgent,
        },
        data={**now, "from": [report.category_code, report.severity], **urgent},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    event = apply(session, report, TABLE[Action.RECLASSIFY], by=by, step=step)
    _call_out(session, report, urgent, by)
    return event


def _urgent(session: Session, report: Report, code: str) -> dict[str, bool]:
    """What is an emergency by its category is urgent from now on, and stays so: a false alarm
    lowers the severity, nothing else."""
    category = find_category(session, code)
    if category is None:
        raise Unprocessable("incomplete", FieldFault("category", "no_such_category"))
    return {"urgent": True} if category.emergency and not report.urgent else {}


def _call_out(session: Session, report: Report, urgent: dict[str, bool], by: By) -> None:
    """Whoever is on duty there is called, as at a submit."""
    if urgent:
        outbox.write(session, "alarm", now=by.now, report_id=report.id)
