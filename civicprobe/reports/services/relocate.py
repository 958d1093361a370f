"""A case lies elsewhere than it was thought (改位置): it goes to the desk of where it is."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, FieldFault, Unprocessable
from civicprobe.grid.city import City
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.lifecycle.commands import Relocate
from civicprobe.reports.lifecycle.table import TABLE, Action, Party
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.place import grade_of
from civicprobe.reports.services.desks import desk_for, lowest_above_all
from civicprobe.reports.services.place import BY_HAND
from civicprobe.reports.services.routing import at, route
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import Audience, By, Step, apply

MOST_HANDOVERS = 3
_AREAS = ("district_code", "street_code", "community_code", "general_code", "micro_code")


def relocate(
    session: Session, report: Report, command: Relocate, *, by: By, city: City
) -> ReportEvent:
    """Set the place and move the case to the right desk; a third move between streets raises it to
    the lowest desk above all of them, which rules.

    Raises Unprocessable (`lat`: `outside`), Conflict `settled` when a street would move what was
    ruled on, else as `apply`.
    """
    point = to_wgs84(command.lat, command.lon, Datum(command.datum))
    routed = route(session, report, city, point, command.radius_m, now=by.now)
    if routed is None:
        raise Unprocessable("incomplete", FieldFault("lat", "outside"))
    areas = {name: routed.change[name] for name in _AREAS}
    moves = areas["street_code"] != report.street_code
    if moves and report.ruled and Party.ARBITER not in _parties(session, report, by):
        raise Conflict("settled")
    change: dict[str, Any] = {
        **areas,
        **at(point),
        "edition_id": routed.change["edition_id"],
        "place": _place(command),
        **(_hand_over(session, report, areas) if moves else {}),
    }
    step = Step(
        change=change,
        data={"areas": routed.data["areas"], "from_street": report.street_code},
        private={"note": command.reason, "for": Audience.STAFF} if command.reason else {},
    )
    return apply(session, report, TABLE[Action.RELOCATE], by=by, step=step)


def _parties(session: Session, report: Report, by: By) -> frozenset[Party]:
    return standing_of(session, report, by.actor).parties


def _place(command: Relocate) -> dict[str, object]:
    return {
        "source": BY_HAND,
        "radius_m": command.radius_m,
        "grade": grade_of(command.radius_m),
        "warnings": [],
    }


def _hand_over(session: Session, report: Report, areas: dict[str, Any]) -> dict[str, Any]:
    """To the other street's desk; from the third time on to the desk above all involved."""
    handovers = report.handovers + 1
    levels = {name.removesuffix("_code"): code for name, code in areas.items() if code}
    if handovers < MOST_HANDOVERS:
        return {"handovers": handovers, "desk_code": desk_for(session, report, areas=levels)}
    involved = {*_former(session, report), report.street_code, areas["street_code"]} - {None}
    desk = lowest_above_all(session, report, (str(code) for code in involved))
    return {"handovers": handovers, "desk_code": desk, "raised": True}


def _former(session: Session, report: Report) -> set[str | None]:
    events = session.scalars(
        select(ReportEvent.data).where(
            ReportEvent.report_id == report.id, ReportEvent.action == Action.RELOCATE.value
        )
    )
    return {str(data["from_street"]) for data in events if data.get("from_street")}
