"""A report is marked (标记): 涉及本单位 takes it away from those it names, 敏感 keeps its pictures
for the desks."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_unit
from civicprobe.errors import FieldFault, Forbidden, Unprocessable
from civicprobe.reports.bonds import Naming
from civicprobe.reports.lifecycle.commands import Mark, Marking
from civicprobe.reports.lifecycle.table import TABLE, Action, Topic
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import ABOVE_STREET, desk_for
from civicprobe.reports.transitions import Audience, By, Step, apply


def mark(session: Session, report: Report, command: Mark, *, by: By) -> ReportEvent:
    """Set a mark, or take it off from the district up: below, it is one-way.

    A report about a street's own staff or units leaves the street at once for the district's desk
    and is no longer seen by those it names: the street, and the units named. Raises Forbidden
    `one_way`, Unprocessable (`units`) for one that is none, else as `apply`.
    """
    if not command.on and by.actor.area_code not in {report.district_code, report.city_code}:
        raise Forbidden("one_way", action=Action.MARK.value)
    if command.marking is Marking.SENSITIVE:
        change: dict[str, Any] = {"sensitive": command.on}
    else:
        change = _about_us(session, report, command)
    moved = change.get("desk_code", report.desk_code) != report.desk_code
    row = replace(TABLE[Action.MARK], tells=(Topic.DESK_RAISED,) if moved else ())
    step = Step(
        change=change,
        data={"marking": command.marking.value, "on": command.on},
        private={"note": command.note, "for": Audience.OFFICE} if command.note else {},
        audience=Audience.OFFICE,
    )
    event = apply(session, report, row, by=by, step=step)
    if command.marking is Marking.ABOUT_US:
        _name(session, report, command)
    return event


def _about_us(session: Session, report: Report, command: Mark) -> dict[str, Any]:
    for unit_id in command.units:
        if find_unit(session, unit_id) is None:
            raise Unprocessable("incomplete", FieldFault("units", "no_such_unit"))
    if not command.on:
        return {"about_us": False}
    desk = desk_for(session, report, levels=ABOVE_STREET)
    route = {"rule": "district_desk", "reason": "about_us", "area": desk}
    return {"about_us": True, "assignee_id": None, "desk_code": desk, "route": route}


def _name(session: Session, report: Report, command: Mark) -> None:
    if not command.on:
        session.execute(delete(Naming).where(Naming.report_id == report.id))
        return
    session.add_all(Naming(report_id=report.id, unit_id=unit) for unit in command.units)
    session.flush()
