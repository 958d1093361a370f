"""The desk above all involved settles who has a case (指定管辖), once; it may keep the ruling."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_unit
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.queries import list_streets
from civicprobe.reports.lifecycle.commands import Rule
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.orders import Ruling
from civicprobe.reports.transitions import Audience, By, Step, apply

HOLDS_FOR = timedelta(days=730)


def rule(session: Session, report: Report, command: Rule, *, by: By) -> ReportEvent:
    """Settle that a unit has the case, or the desk of a street; from then on it is not given back.

    Raises Unprocessable (`unit`, `desk`) for one that is none, else as `apply`.
    """
    if (command.unit is None) is (command.desk is None):
        raise Unprocessable("incomplete", FieldFault("unit", "unit_or_desk"))
    change = _unit(session, command) if command.desk is None else _desk(session, command.desk)
    step = Step(
        change={**change, "ruled": True, "route": _why(report, command)},
        data={"unit_id": command.unit, "desk": command.desk, "keep": command.keep},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    area = report.community_code or report.street_code or report.desk_code
    event = apply(session, report, TABLE[Action.RULE], by=by, step=step)
    if command.keep:
        _keep(session, report, command, area, by)
    return event


def _unit(session: Session, command: Rule) -> dict[str, Any]:
    unit = find_unit(session, command.unit) if command.unit is not None else None
    if unit is None or not unit.active:
        raise Unprocessable("incomplete", FieldFault("unit", "no_such_unit"))
    return {}


def _desk(session: Session, code: str) -> dict[str, Any]:
    """The case becomes that street's: what lies below its former street no longer holds."""
    if code not in {area.code for area in list_streets(session, None)}:
        raise Unprocessable("incomplete", FieldFault("desk", "no_such_street"))
    finer = dict.fromkeys(("community_code", "general_code", "micro_code"))
    return {"desk_code": code, "street_code": code, "district_code": code[:6], **finer}


def _why(report: Report, command: Rule) -> dict[str, object]:
    area = command.desk or report.desk_code
    return {"rule": "by_ruling", "reason": "ruled_above", "area": area, "unit": command.unit}


def _keep(session: Session, report: Report, command: Rule, area: str, by: By) -> None:
    """For the area where the case was thought to lie: there the question will come up again."""
    session.add(
        Ruling(
            category_code=report.category_code,
            area_code=area,
            unit_id=command.unit,
            desk_code=command.desk,
            report_id=report.id,
            ruled_by_id=by.actor.account_id,
            ruled_at=by.now,
            expires_at=by.now + HOLDS_FOR,
        )
    )
    session.flush()
